//! A Kafka of the test's own: plaintext, TLS, and SASL over TLS, with the authorizer on.
//!
//! In come the jars that `cargo xtask test` has installed (`FINNET_KAFKA_JARS`); out go the addresses of its listeners.
//! It ends with the test's process, however that ends, and its folder with it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use finnet_kafka::{Cluster, Settings};

use crate::certificates;

/// A user of SCRAM who may do all.
pub(crate) const ALICE: (&str, &str) = ("alice", "Zq7-alice-kennwort");
/// A user of SCRAM who may do nothing.
pub(crate) const GUEST: (&str, &str) = ("guest", "Zq7-guest-kennwort");
/// A user of PLAIN who may do all.
pub(crate) const CAROL: (&str, &str) = ("carol", "Zq7-carol-kennwort");

/// Runs java, which reads nothing, until our end closes its standard input; then takes java and its folder away. No
/// signal of a terminal reaches it before that.
const UNTIL_CLOSED: &str = r#"
trap '' INT TERM HUP
folder=$1
shift
"$@" </dev/null &
read -r _
kill -9 $!
wait $!
rm -r -- "$folder"
"#;

/// The broker and where it listens: ports of 127.0.0.1.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) plaintext: u16,
    pub(crate) tls: u16,
    pub(crate) sasl: u16,
    pub(crate) folder: PathBuf,
    /// Its standard input is what keeps the broker alive.
    _keeper: Child,
}

impl Broker {
    /// Starts a broker from these jars and returns it when it answers.
    pub(crate) fn start(jars: &Path) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("secure-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder in the target folder");
        certificates::make(&folder);
        let ports: Vec<u16> = {
            let listeners: Vec<_> = (0..4).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
            listeners.iter().map(|listener| listener.local_addr().expect("its address").port()).collect()
        };
        let [plaintext, tls, sasl, controller] = ports[..] else { unreachable!("four were asked for") };
        let properties = properties(&folder, &ports[..3], controller);
        fs::write(folder.join("server.properties"), properties).expect("the settings to be written");
        format(jars, &folder);

        let log = File::create(folder.join("kafka.log")).expect("a log");
        let java = kafka(jars, "kafka.Kafka");
        let mut keeper = Command::new("sh");
        keeper.args(["-c", UNTIL_CLOSED, "sh"]).arg(&folder).arg(java.get_program()).args(java.get_args());
        keeper.arg("server.properties").current_dir(&folder).stdin(Stdio::piped());
        keeper.stdout(log.try_clone().expect("a handle")).stderr(log);
        let broker = Self { plaintext, tls, sasl, folder, _keeper: keeper.spawn().expect("sh to start") };
        let answers = Cluster::connect(&broker.plaintext(), Duration::from_mins(1), |_| ControlFlow::Continue(()));
        if let Err(why) = answers {
            panic!("{why}: {}", fs::read_to_string(broker.folder.join("kafka.log")).unwrap_or_default());
        }
        broker
    }

    /// Allows the user to see that there is a topic, and nothing else of it.
    pub(crate) fn let_see(&self, (user, _): (&str, &str), topic: &str) {
        const DESCRIBE: u8 = 8;
        const TOPIC: u8 = 2;
        self.allow(user, TOPIC, topic, DESCRIBE);
    }

    /// Allows the user to read as this group.
    pub(crate) fn let_read_as(&self, (user, _): (&str, &str), group: &str) {
        const READ: u8 = 3;
        const GROUP: u8 = 3;
        self.allow(user, GROUP, group, READ);
    }

    /// A request `CreateAcls` (30) of version 1, spelled out: rdkafka has none, and Kafka's tools are not among the jars.
    fn allow(&self, user: &str, kind: u8, name: &str, operation: u8) {
        const ALLOW: u8 = 3;
        const LITERAL: u8 = 3;
        let string = |text: &str| [&u16::try_from(text.len()).expect("short").to_be_bytes(), text.as_bytes()].concat();
        let body = [
            // The request's head: its number and version, correlation 1, no client; and one entry.
            &[0, 30, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 1, kind][..],
            &string(name),
            &[LITERAL],
            &string(&format!("User:{user}")),
            &string("*"),
            &[operation, ALLOW],
        ]
        .concat();
        let mut stream = TcpStream::connect(("127.0.0.1", self.plaintext)).expect("a connection");
        let length = u32::try_from(body.len()).expect("short").to_be_bytes();
        stream.write_all(&[&length[..], &body].concat()).expect("a request to be sent");
        // Length, correlation, throttle time, one result, and its error code.
        let mut answer = [0; 18];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer[12..], [0, 0, 0, 1, 0, 0], "CreateAcls is refused");
    }

    /// Without TLS and without a user.
    pub(crate) fn plaintext(&self) -> Settings {
        Settings::new(&format!("127.0.0.1:{}", self.plaintext))
    }

    /// With TLS, trusting who is signed by the CA in this file.
    pub(crate) fn tls(&self, host: &str, port: u16, ca: &str) -> Settings {
        let ca = self.folder.join(ca);
        set(
            Settings::new(&format!("{host}:{port}")),
            &[("security.protocol", "ssl"), ("ssl.ca.location", ca.to_str().expect("a folder in UTF-8"))],
        )
    }

    /// With TLS and a user.
    pub(crate) fn sasl(&self, mechanism: &str, (user, password): (&str, &str)) -> Settings {
        set(
            self.tls("localhost", self.sasl, "ca.pem"),
            &[
                ("security.protocol", "sasl_ssl"),
                ("sasl.mechanism", mechanism),
                ("sasl.username", user),
                ("sasl.password", password),
            ],
        )
    }
}

/// Settings with more of them.
pub(crate) fn set(settings: Settings, more: &[(&str, &str)]) -> Settings {
    more.iter().fold(settings, |settings, (name, value)| settings.set(name, value).expect("no setting of ours"))
}

/// The path of java, or of a program beside it.
pub(crate) fn java(program: &str) -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin").join(program));
    home.filter(|path| path.is_file()).unwrap_or_else(|| program.into())
}

fn kafka(jars: &Path, main: &str) -> Command {
    let mut command = Command::new(java("java"));
    command.args(["-Xmx384m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]);
    command.arg(jars.join("*")).arg(main);
    command
}

/// Makes the log's folder and the users of SCRAM.
fn format(jars: &Path, folder: &Path) {
    let mut command = kafka(jars, "kafka.tools.StorageTool");
    // 16 bytes in URL-safe base64, "finnet-test-node": the folder was empty a moment ago.
    command.current_dir(folder).args(["format", "-t", "ZmlubmV0LXRlc3Qtbm9kZQ", "-c", "server.properties"]);
    for (name, password) in [ALICE, GUEST] {
        command.arg("--add-scram").arg(format!("SCRAM-SHA-512=[name={name},password={password}]"));
    }
    let output = command.output().expect("java to run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn properties(folder: &Path, ports: &[u16], controller: u16) -> String {
    let listeners = |host: &str| {
        let named = ["PLAINTEXT", "SSL", "SASL_SSL"].iter().zip(ports);
        named.map(|(name, port)| format!("{name}://{host}:{port}")).collect::<Vec<_>>().join(",")
    };
    let security = "org.apache.kafka.common.security";
    format!(
        "\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
log.dirs={}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
ssl.keystore.type=PKCS12
ssl.keystore.location={}
ssl.keystore.password={}
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={security}.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config={security}.plain.PlainLoginModule required user_{}=\"{}\";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:{};User:{}
",
        listeners("127.0.0.1"),
        listeners("localhost"),
        folder.join("log").display(),
        folder.join("broker.p12").display(),
        certificates::KEYSTORE_PASSWORD,
        CAROL.0,
        CAROL.1,
        ALICE.0,
        CAROL.0,
    )
}
