//! Kafka and MariaDB together: `cargo xtask servers`, and what `cargo xtask test` stands on.

use std::io::IsTerminal as _;
use std::process::{Child, Command};
use std::thread::sleep;

use crate::failure::Failure;
use crate::process::{self, Group, Interrupt, POLL};
use crate::run_folder::RunFolder;
use crate::server::Server;
use crate::step::say;
use crate::{kafka, mariadb, workspace};

/// Names a Kafka broker, `host:port`.
pub(crate) const KAFKA: &str = "KAFKA_BOOTSTRAP_SERVERS";

/// Names a database, `mysql://user:password@host:port/InvestorsDB`.
pub(crate) const DATABASE: &str = "DATABASE_URL";

/// Names the folder of Kafka's jars, for a test that kills its broker and starts it again.
pub(crate) const JARS: &str = "FINNET_KAFKA_JARS";

/// The servers of one run; dropped, they are gone. Fields go in order: the servers before their folder.
#[derive(Debug)]
pub(crate) struct Servers {
    running: Vec<Server>,
    variables: Vec<(&'static str, String)>,
    folder: RunFolder,
}

impl Servers {
    /// No server yet, and a folder for them.
    pub(crate) fn new() -> Result<Self, Failure> {
        let folder = RunFolder::new(&workspace::root().join("target/servers"))?;
        Ok(Self { running: Vec::new(), variables: Vec::new(), folder })
    }

    /// Starts Kafka.
    pub(crate) fn start_kafka(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        let run = self.folder.path();
        let cache = run.parent().expect("a run's folder lies in target/servers");
        let (server, address) = kafka::start(cache, run, interrupt)?;
        self.running.push(server);
        self.variables.push((KAFKA, address));
        Ok(())
    }

    /// Starts MariaDB.
    pub(crate) fn start_mariadb(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        let (server, url) = mariadb::start(self.folder.path(), interrupt)?;
        self.running.push(server);
        self.variables.push((DATABASE, url));
        Ok(())
    }

    /// Installs what a test needs that starts both servers itself.
    pub(crate) fn install(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        let run = self.folder.path();
        let cache = run.parent().expect("a run's folder lies in target/servers");
        mariadb::programs(run, interrupt)?;
        let jars = kafka::installed(cache, run, interrupt)?.jars;
        self.variables.push((JARS, jars.display().to_string()));
        Ok(())
    }

    /// The variables that name what was started or installed.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }

    /// A failure where a server has ended by itself.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        self.running.iter_mut().try_for_each(Server::check)
    }
}

/// `cargo xtask servers`: both, until a signal comes.
pub(crate) fn run_until_signal() -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let mut servers = both(&interrupt)?;
    for (name, value) in servers.variables() {
        println!("export {name}={value}");
    }
    say("put the two lines above into your shell; Ctrl-C here takes the servers down");
    while interrupt.signal().is_none() {
        servers.check()?;
        sleep(POLL);
    }
    drop(servers);
    say("both servers are down");
    Ok(())
}

/// `cargo xtask servers -- COMMAND …`: both, while the command runs; its exit code.
pub(crate) fn run_command(words: &[String]) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let mut servers = both(&interrupt)?;
    let (program, arguments) = words.split_first().expect("the caller has seen a command");
    let mut command = Command::new(program);
    command.args(arguments).envs(servers.variables().iter().map(|(name, value)| (name, value)));
    // In a terminal the command shares our group: it may read the keyboard, and Ctrl-C reaches it without us.
    let code = if std::io::stdin().is_terminal() {
        let mut child = Leaf(process::spawn(&mut command)?);
        wait(&mut child.0, &interrupt, |signal| if signal == 2 { Ends::ByItself } else { Ends::ByUs })?
    } else {
        let mut group = Group::spawn(&mut command)?;
        wait(&mut group.0, &interrupt, |_| Ends::ByUs)?
    };
    // What the command said of a server that was gone is less to the point than what the server said.
    servers.check()?;
    if code == 0 { Ok(()) } else { Err(Failure::Exit(code)) }
}

/// A child of our own group, ended on drop.
struct Leaf(Child);

impl Drop for Leaf {
    fn drop(&mut self) {
        process::end(&mut self.0);
    }
}

/// Who ends a command when a signal has come.
enum Ends {
    /// The command has had the signal too, and may take it as it likes: a shell goes on.
    ByItself,
    ByUs,
}

fn wait(child: &mut Child, interrupt: &Interrupt, ends: impl Fn(u8) -> Ends) -> Result<u8, Failure> {
    loop {
        if let Some(status) = process::ended(child) {
            return Ok(process::exit_code(status));
        }
        match interrupt.signal().map(|signal| (signal, ends(signal))) {
            Some((_, Ends::ByItself)) => interrupt.forget_ctrl_c(),
            Some((signal, Ends::ByUs)) => return Err(Failure::Signal(signal)),
            None => {}
        }
        sleep(POLL);
    }
}

fn both(interrupt: &Interrupt) -> Result<Servers, Failure> {
    let mut servers = Servers::new()?;
    servers.start_kafka(interrupt)?;
    servers.start_mariadb(interrupt)?;
    Ok(servers)
}
