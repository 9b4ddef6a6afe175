//! A real Apache Kafka of one node: its jars from Maven, its log in the run's folder, gone with it.
//!
//! The node is broker and controller at once (KRaft), so nothing else is needed beside java. Its jars are fetched once
//! into `target/servers/kafka-4.1.1`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::failure::Failure;
use crate::install;
use crate::ports::free_ports;
use crate::process::{self, Interrupt};
use crate::server::Server;
use crate::step::step;

const VERSION: &str = "4.1.1";

/// 16 bytes in URL-safe base64, "finnet-one-node!": every run starts with an empty folder, so no two clusters that
/// bear this name can ever meet.
const CLUSTER_ID: &str = "ZmlubmV0LW9uZS1ub2RlIQ";

/// What Maven is told. slf4j-simple writes what goes wrong to stderr, and with it to our log.
const POM: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finnet</groupId>
  <artifactId>kafka-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.1.1</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"#;

/// Starts a broker and returns it with its `host:port` as soon as it answers.
pub(crate) fn start(servers: &Path, run: &Path, interrupt: &Interrupt) -> Result<(Server, String), Failure> {
    let Installed { java, jars } = installed(servers, run, interrupt)?;
    let folder = run.join("kafka");
    fs::create_dir(&folder).map_err(|error| format!("can't make {}: {error}", folder.display()))?;
    let [broker, controller] = free_ports()?;
    let properties = folder.join("server.properties");
    fs::write(&properties, settings(&folder.join("log"), broker, controller))
        .map_err(|error| format!("can't write {}: {error}", properties.display()))?;

    let command = |main: &str| {
        let mut command = Command::new(&java);
        command.current_dir(&folder).args(["-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]);
        command.arg(jars.join("*")).arg(main);
        command
    };
    step("Kafka: formatted its folder", || {
        let mut format = command("kafka.tools.StorageTool");
        format.args(["format", "-t", CLUSTER_ID, "-c", "server.properties"]);
        process::run_logged("formatting Kafka's folder", &mut format, &folder.join("format.log"), interrupt)
    })?;
    step(&format!("Kafka {VERSION}: answers at 127.0.0.1:{broker}"), || {
        let mut start = command("kafka.Kafka");
        let mut server = Server::start("Kafka", start.arg("server.properties"), run.join("kafka.log"))?;
        server.wait_until(interrupt, || answers(broker))?;
        Ok((server, format!("127.0.0.1:{broker}")))
    })
}

/// What a broker is started with.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) java: PathBuf,
    /// The folder of Kafka's jars.
    pub(crate) jars: PathBuf,
}

/// Returns java and the jars, installed where they are missing.
pub(crate) fn installed(servers: &Path, run: &Path, interrupt: &Interrupt) -> Result<Installed, Failure> {
    Ok(Installed { java: java(run, interrupt)?, jars: jars(servers, run, interrupt)? })
}

/// One node that is broker and controller, with topics of one replica and groups that start at once.
fn settings(log: &Path, broker: u16, controller: u16) -> String {
    format!(
        "\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=BROKER://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{broker}
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
",
        log.display()
    )
}

/// The java of `JAVA_HOME` or of the path: 17 or later, installed where it is missing.
fn java(run: &Path, interrupt: &Interrupt) -> Result<PathBuf, Failure> {
    let find = || {
        let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
        home.filter(|java| java.is_file()).or_else(|| process::program("java", &[]))
    };
    let is_enough = |java: &PathBuf| {
        let output = Command::new(java).arg("-version").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
        java_version(&text).is_some_and(|version| version >= 17)
    };
    let what = "Kafka needs java 17 or later";
    if let Some(java) = find().filter(is_enough) {
        return Ok(java);
    }
    install::apt(what, &["default-jre-headless"], run, interrupt)?;
    find().filter(is_enough).ok_or_else(|| Failure::Missing(format!("{what}; what was installed is older")))
}

/// The feature number in what `java -version` says: 17 of `openjdk version "17.0.15" 2025-04-15`.
fn java_version(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("version \"")?;
    let digits = version.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The folder of Kafka's jars, fetched by Maven where it is not there.
fn jars(servers: &Path, run: &Path, interrupt: &Interrupt) -> Result<PathBuf, Failure> {
    let cache = servers.join(format!("kafka-{VERSION}"));
    let jars = cache.join("libs");
    if jars.is_dir() {
        return Ok(jars);
    }
    if process::program("mvn", &[]).is_none() {
        install::apt("fetching Kafka needs Maven", &["maven"], run, interrupt)?;
    }
    let fetched = run.join("kafka-jars");
    step(&format!("Kafka {VERSION}: fetched its jars by Maven"), || {
        let said = |error: std::io::Error| format!("can't write {}: {error}", fetched.display());
        fs::create_dir(&fetched).map_err(said)?;
        fs::write(fetched.join("pom.xml"), POM).map_err(said)?;
        let mut maven = Command::new("mvn");
        maven.current_dir(&fetched).args(["-q", "-B", "dependency:copy-dependencies"]);
        maven.args(["-DoutputDirectory=libs", "-DincludeScope=runtime"]);
        process::run_logged("mvn", &mut maven, &run.join("mvn.log"), interrupt)
    })
    .map_err(|failure| match failure {
        Failure::Message(text) => Failure::Missing(format!("Kafka's jars can't be fetched: {text}")),
        other => other,
    })?;
    // Whoever renames first has filled the cache, and the folder of another run is as good as ours.
    fs::rename(&fetched, &cache)
        .or_else(|error| if jars.is_dir() { Ok(()) } else { Err(error) })
        .map_err(|error| format!("can't rename {} to {}: {error}", fetched.display(), cache.display()))?;
    Ok(jars)
}

/// True when the broker answers the first question of every client, which versions it speaks: the port accepts
/// connections earlier, but answers come only once the broker has joined its cluster.
fn answers(port: u16) -> bool {
    asks_versions(port).is_ok_and(|is_right| is_right)
}

fn asks_versions(port: u16) -> std::io::Result<bool> {
    const WAIT: Duration = Duration::from_secs(1);
    /// ApiVersions (18), version 0, correlation 4711, no client id; after the length, all big-endian.
    const QUESTION: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0x12, 0x67, 0xff, 0xff];
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.write_all(&QUESTION)?;
    // Length, the same correlation, error code 0.
    let mut answer = [0; 10];
    stream.read_exact(&mut answer)?;
    Ok(answer[4..] == [0, 0, 0x12, 0x67, 0, 0])
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A listener that reads a question and gives this answer, once.
    fn listener(answer: &'static [u8]) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 14]).unwrap();
            stream.write_all(answer).unwrap();
        });
        port
    }

    #[test]
    fn only_the_right_answer_is_one() {
        assert!(answers(listener(&[0, 0, 0, 10, 0, 0, 0x12, 0x67, 0, 0, 0, 0, 0, 0])));
        assert!(!answers(listener(&[0, 0, 0, 10, 0, 0, 0x12, 0x67, 0, 35, 0, 0, 0, 0])), "error 35");
        assert!(!answers(listener(b"HTTP/1.1 400 Bad Request\r\n")));
        assert!(!answers(listener(&[])));
        let [nobody] = free_ports().unwrap();
        assert!(!answers(nobody));
    }

    #[test]
    fn java_says_its_version_in_many_words() {
        assert_eq!(java_version("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(java_version("Picked up JAVA_TOOL_OPTIONS: -Xint\nopenjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(java_version("java version \"1.8.0_402\""), Some(1));
        assert_eq!(java_version("The operation couldn't be completed. Unable to locate a Java Runtime."), None);
    }
}
