//! A Kafka and a MariaDB of the campaign's own, to be killed and started again: same folders, same ports.
//!
//! The programs reach both through a [`Proxy`]; the test itself looks at them directly. Kafka's jars are named by
//! `FINNET_KAFKA_JARS`, which `cargo xtask` sets.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::crash::process::{End, Process};
use crate::crash::proxy::Proxy;
use crate::support::{self, PATIENCE, Servers};

/// Where mariadbd lies that is not on everybody's path.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/// Run by the database before it takes its first connection.
const USERS: &str = "CREATE USER IF NOT EXISTS 'finnet'@'127.0.0.1' IDENTIFIED BY 'finnet';\n\
    GRANT ALL PRIVILEGES ON *.* TO 'finnet'@'127.0.0.1' WITH GRANT OPTION;\n";

/// What is needed to start both.
struct Installed {
    java: PathBuf,
    jars: PathBuf,
    mariadbd: PathBuf,
    install_db: PathBuf,
}

/// A server that can be started again.
pub(crate) struct Server {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: PathBuf,
    log: PathBuf,
    process: Option<Process>,
}

/// Both servers, the ways to them, and a folder for all that the campaign writes.
pub(crate) struct Stage {
    pub(crate) kafka: Server,
    pub(crate) kafka_way: Proxy,
    pub(crate) database: Server,
    pub(crate) database_way: Proxy,
    /// Both, as the test sees them: no proxy between.
    pub(crate) direct: Servers,
    folder: PathBuf,
    // Last, and so given back last.
    _lock: File,
}

impl Stage {
    /// Starts both servers in a folder of the target folder; a loud line and `None` where they can't be had.
    pub(crate) fn set(test: &str) -> Option<Self> {
        let installed = Installed::find(test)?;
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let lock = File::create(tmp.join("crash.lock")).expect("a file to lock");
        lock.lock().expect("a lock on a file of the target folder");
        let folder = tmp.join("crash");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let [near, broker, direct, controller, near_mariadb, mariadb] = free_ports();
        let (kafka_way, database_way) = (Proxy::between(near, broker), Proxy::between(near_mariadb, mariadb));
        let listeners = Listeners { broker, direct, controller, near };
        let mut kafka = kafka(&installed, &folder, &listeners);
        kafka.start();
        let mut database = database(&installed, &folder, mariadb);
        database.start();
        database.wait_until("the database greets", || greets(mariadb));
        let url = format!("mysql://finnet:finnet@127.0.0.1:{mariadb}/InvestorsDB");
        let direct = Servers::at(format!("127.0.0.1:{direct}"), url);
        kafka.wait_until("the broker answers", || direct.answers());
        Some(Self { kafka, kafka_way, database, database_way, direct, folder, _lock: lock })
    }

    /// Returns the folder for logs and files; it stays where the campaign fails.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the variables that name the servers as programs reach them, through the proxies.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let [kafka, database] = [&self.kafka_way, &self.database_way].map(Proxy::near);
        let url = format!("mysql://finnet:finnet@{database}/{}", self.direct.database_name());
        vec![("KAFKA_BOOTSTRAP_SERVERS", kafka.to_string()), ("DATABASE_URL", url)]
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What the programs and servers have said explains a failure.
        if !std::thread::panicking() {
            self.kafka.kill();
            self.database.kill();
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Server {
    /// Starts it where it does not run, and does not wait until it answers.
    pub(crate) fn start(&mut self) {
        if self.process.is_none() {
            let mut command = Command::new(&self.program);
            command.args(&self.arguments).current_dir(&self.folder);
            self.process = Some(Process::start(&mut command, &self.log));
        }
    }

    /// Kills it without a word, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Has it end in good order.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal("TERM");
            assert!(process.ends_within(PATIENCE).is_some(), "{} does not end", self.program.display());
        }
    }

    /// Checks that it has not ended by itself.
    pub(crate) fn check(&mut self) {
        if let Some(process) = &mut self.process {
            let ended: Option<End> = process.ended();
            assert!(ended.is_none(), "{} ended, {ended:?}:\n{}", self.program.display(), process.last_words());
        }
    }

    fn wait_until(&mut self, what: &str, answers: impl Fn() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !answers() {
            self.check();
            assert!(Instant::now() < until, "{what}: not within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Installed {
    fn find(test: &str) -> Option<Self> {
        let found = |name: &str, path: Option<PathBuf>| {
            if path.is_none() {
                support::not_run(test, &format!("there is no {name}"));
            }
            path
        };
        let jars = std::env::var_os("FINNET_KAFKA_JARS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        if jars.is_none() {
            support::not_run(test, "FINNET_KAFKA_JARS is not set");
        }
        let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
        let java = home.filter(|java| java.is_file()).or_else(|| program("java"));
        Some(Self {
            jars: jars?,
            java: found("java", java)?,
            mariadbd: found("mariadbd", program("mariadbd"))?,
            install_db: found("mariadb-install-db", program("mariadb-install-db"))?,
        })
    }
}

/// The ports of a broker that programs reach on `broker` through `near`, and the test on `direct`.
struct Listeners {
    broker: u16,
    direct: u16,
    controller: u16,
    near: u16,
}

/// Returns a broker that is not started yet, its folder formatted.
fn kafka(installed: &Installed, folder: &Path, listeners: &Listeners) -> Server {
    let home = folder.join("kafka");
    fs::create_dir(&home).expect("a folder");
    fs::write(home.join("server.properties"), settings(listeners)).expect("a file");
    let mut classpath = OsString::from(&installed.jars);
    classpath.push("/*");
    let words = |main: &str, rest: &[&str]| {
        // A broker that is back soon is worth more here than one that is fast in the end.
        let quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"];
        let said = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"];
        let mut words: Vec<OsString> = quick.iter().chain(&said).map(OsString::from).collect();
        words.extend([classpath.clone(), main.into()]);
        words.extend(rest.iter().map(OsString::from));
        words
    };
    let format = ["format", "-t", "ZmlubmV0LWNyYXNoLW5vZA", "-c", "server.properties"];
    run_logged(&installed.java, &words("kafka.tools.StorageTool", &format), &home);
    Server {
        program: installed.java.clone(),
        arguments: words("kafka.Kafka", &["server.properties"]),
        folder: home,
        log: folder.join("kafka.log"),
        process: None,
    }
}

/// As `cargo xtask` has its broker, with a second listener, and a short session: one that was killed may come back only
/// once the controller has given up the one before.
fn settings(Listeners { broker, direct, controller, near }: &Listeners) -> String {
    format!(
        "\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=BROKER://127.0.0.1:{broker},DIRECT://127.0.0.1:{direct},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{near},DIRECT://127.0.0.1:{direct}
inter.broker.listener.name=DIRECT
controller.listener.names=CONTROLLER
listener.security.protocol.map=BROKER:PLAINTEXT,DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=log
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
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
"
    )
}

/// Returns a database that is not started yet, its tables made.
fn database(installed: &Installed, folder: &Path, port: u16) -> Server {
    let home = folder.join("mariadb");
    fs::create_dir(&home).expect("a folder");
    fs::write(home.join("users.sql"), USERS).expect("a file");
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let user: &[&str] = if root { &["--user=root"] } else { &[] };
    let words = |words: &[&str]| {
        let all = ["--no-defaults"].iter().chain(user).chain(words);
        let mut all: Vec<OsString> = all.map(OsString::from).collect();
        let mut data = OsString::from("--datadir=");
        data.push(home.join("data"));
        all.push(data);
        all
    };
    let make = ["--auth-root-authentication-method=normal", "--skip-test-db"];
    run_logged(&installed.install_db, &words(&make), &home);
    let mut init = OsString::from("--init-file=");
    init.push(home.join("users.sql"));
    let port = format!("--port={port}");
    // A socket's path may hold 107 bytes: this one is taken from the data's folder on.
    let serve = ["--socket=mariadb.sock", "--pid-file=mariadb.pid", "--bind-address=127.0.0.1", "--skip-name-resolve"];
    let mut arguments = words(&serve);
    arguments.extend([OsString::from(port), init]);
    let log = folder.join("mariadb.log");
    Server { program: installed.mariadbd.clone(), arguments, folder: home, log, process: None }
}

fn run_logged(program: &Path, arguments: &[OsString], folder: &Path) {
    let mut process =
        Process::start(Command::new(program).args(arguments).current_dir(folder), &folder.join("made.log"));
    let ended = process.ends_within(PATIENCE);
    assert_eq!(ended, Some(End::Code(0)), "{}:\n{}", program.display(), process.last_words());
}

/// Returns where a program lies: on the path, or where servers are put.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(FOLDERS.iter().map(PathBuf::from));
    folders.map(|folder| folder.join(OsStr::new(name))).find(|file| file.is_file())
}

/// Returns different free ports, below those from which the system takes the near ends of connections: a server that is
/// away for a minute finds its port free.
fn free_ports<const N: usize>() -> [u16; N] {
    let start = std::process::id().wrapping_mul(89) % 10_000;
    let ports = (0..10_000).map(|offset| 10_000 + u16::try_from((start + offset) % 10_000).expect("below 10,000"));
    let free = ports.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.take(N).collect::<Vec<_>>().try_into().expect("free ports")
}

/// Returns whether the database greets: a packet numbered 0 that says protocol 10.
fn greets(port: u16) -> bool {
    let mut greeting = [0; 5];
    let asked = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.read_exact(&mut greeting)
    });
    asked.is_ok() && greeting[3..] == [0, 10]
}
