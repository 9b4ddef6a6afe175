//! A MariaDB of one test's own, to be killed, started again and set up in ways that the shared one may not be.
//!
//! In come options for `mariadbd`; out goes a server on a loopback port of its own, with its data in a temporary
//! folder. It ends with the test, also where the test is killed. Without `mariadbd` and `mariadb-install-db` the
//! tests say so and pass; under `CI=true` they fail.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use finnet_mysql::DatabaseUrl;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use tempfile::TempDir;

/// Of both users; text that no message contains by itself.
pub(crate) const PASSWORD: &str = "Zq7hunter2";

/// `finnet` may do everything, `writer` what app1 and investors-db need: no server-wide right.
const USERS: &str = "CREATE USER 'finnet'@'127.0.0.1' IDENTIFIED BY 'Zq7hunter2';\n\
    GRANT ALL PRIVILEGES ON *.* TO 'finnet'@'127.0.0.1';\n\
    CREATE USER 'writer'@'127.0.0.1' IDENTIFIED BY 'Zq7hunter2';\n\
    GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON *.* TO 'writer'@'127.0.0.1';\n";

/// Reads how the server is to end; a broken pipe, which is the test's end without a word, is a kill.
const SHELL: &str = "\"$@\" </dev/null & pid=$!; read -r signal; kill -s \"${signal:-KILL}\" $pid; wait $pid";

/// As small as it goes: several run at once. At work and while its tables are made.
const SMALL: [&str; 3] =
    ["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", "--character-set-server=utf8mb4"];

pub(crate) struct OwnServer {
    shell: Option<Child>,
    folder: TempDir,
    port: u16,
    options: Vec<String>,
}

/// How a server ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Term,
    Kill,
}

impl OwnServer {
    /// Returns a server that answers; `None`, and a line on stderr, where this machine has none.
    pub(crate) async fn start(test: &str, options: &[&str]) -> Option<Self> {
        let Some(install) = program("mariadb-install-db").filter(|_| program("mariadbd").is_some()) else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "no mariadbd, and this is CI");
            // Past `eprintln!`, whose text the test harness keeps to itself where a test passes.
            let mut stderr = std::io::stderr();
            writeln!(stderr, "!!! {test}: NOT RUN, since there is no mariadbd and mariadb-install-db").unwrap();
            return None;
        };
        let folder = TempDir::with_prefix("finnet-mysql-").unwrap();
        std::fs::write(folder.path().join("users.sql"), USERS).unwrap();
        let mut options: Vec<String> = SMALL.iter().chain(options).map(ToString::to_string).collect();
        // A server that starts deletes what it takes for leftovers of its own in the common folder.
        options.push(option("tmpdir", folder.path()));
        let mut command = Command::new(install);
        command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        command.arg(option("datadir", &folder.path().join("data"))).args(&options).args(user());
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = Self { shell: None, folder, port: free_port(), options };
        server.start_again().await;
        Some(server)
    }

    /// Starts the server on its port and data, and waits until it answers.
    pub(crate) async fn start_again(&mut self) {
        let data = self.folder.path().join("data");
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "sh"]).arg(program("mariadbd").unwrap()).arg("--no-defaults");
        shell.args(user()).args(&self.options).arg(option("datadir", &data));
        let users = self.folder.path().join("users.sql");
        if users.exists() {
            shell.arg(option("init-file", &users));
        }
        shell.args(["--socket=own.sock", "--pid-file=own.pid", "--bind-address=127.0.0.1", "--skip-name-resolve"]);
        shell.arg(format!("--port={}", self.port)).stdin(Stdio::piped()).stdout(Stdio::null());
        let log = self.folder.path().join("log");
        self.shell = Some(shell.stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap());
        for _ in 0..600 {
            if Conn::new(self.options_of("finnet")).await.is_ok() {
                // The users are made once.
                let _ = std::fs::remove_file(users);
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no answer: {}", std::fs::read_to_string(log).unwrap());
    }

    /// Ends the server, and waits until it has ended.
    pub(crate) fn end(&mut self, end: End) {
        let mut shell = self.shell.take().expect("it runs");
        let word: &[u8] = match end {
            End::Term => b"TERM\n",
            End::Kill => b"KILL\n",
        };
        shell.stdin.take().unwrap().write_all(word).unwrap();
        shell.wait().unwrap();
    }

    /// Returns the URL of a database for a user, by the address.
    pub(crate) fn url(&self, user: &str) -> DatabaseUrl {
        self.url_of(user, "127.0.0.1", "")
    }

    /// Returns the URL by another name of the host, with options.
    pub(crate) fn url_of(&self, user: &str, host: &str, options: &str) -> DatabaseUrl {
        format!("mysql://{user}:{PASSWORD}@{host}:{}/InvestorsDB{options}", self.port).parse().unwrap()
    }

    /// Returns a connection past the code under test, to no database.
    pub(crate) async fn raw(&self) -> Conn {
        Conn::new(self.options_of("finnet")).await.unwrap()
    }

    /// Runs one statement past the code under test, for all connections to come.
    pub(crate) async fn set(&self, statement: &str) {
        self.raw().await.query_drop(statement).await.unwrap();
    }

    fn options_of(&self, user: &str) -> OptsBuilder {
        let options = OptsBuilder::default().ip_or_hostname("127.0.0.1").tcp_port(self.port).prefer_socket(false);
        options.user(Some(user)).pass(Some(PASSWORD))
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        if self.shell.is_some() {
            self.end(End::Kill);
        }
    }
}

fn option(name: &str, path: &Path) -> String {
    format!("--{name}={}", path.display())
}

fn user() -> Option<&'static str> {
    // mariadbd refuses to run as root unless told so.
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    (id == b"0\n").then_some("--user=root")
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A port that nobody listens on, below the range from which outgoing connections take theirs.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() * 61 % 10_000).unwrap();
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
