//! A real MariaDB: its data in the run's folder, gone with it.
//!
//! Durability is the server's default, as a user has it. User `finnet`, password `finnet`, may do everything; `root`
//! has no password. Both only from this machine.

use std::fs;
use std::io::Read as _;
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

/// Where servers lie that are not on everybody's path.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/// Run by the server before it takes its first connection.
const USERS: &str = "CREATE USER 'finnet'@'127.0.0.1' IDENTIFIED BY 'finnet';\n\
    GRANT ALL PRIVILEGES ON *.* TO 'finnet'@'127.0.0.1' WITH GRANT OPTION;\n";

/// Starts a server and returns it with the URL of `InvestorsDB`, a database yet to be made, as soon as it answers.
pub(crate) fn start(run: &Path, interrupt: &Interrupt) -> Result<(Server, String), Failure> {
    let (mariadbd, install_db) = programs(run, interrupt)?;
    let data = run.join("mariadb");
    let users = run.join("users.sql");
    fs::write(&users, USERS).map_err(|error| format!("can't write {}: {error}", users.display()))?;
    let user: &[&str] = if process::is_root() { &["--user=root"] } else { &[] };

    step("MariaDB: made its tables", || {
        let mut command = Command::new(&install_db);
        command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]).args(user);
        command.arg(option("datadir", &data)).arg(option("tmpdir", run));
        process::run_logged("mariadb-install-db", &mut command, &run.join("install-db.log"), interrupt)
    })?;
    let [port] = free_ports()?;
    step(&format!("MariaDB: answers at 127.0.0.1:{port}"), || {
        let mut command = Command::new(&mariadbd);
        command.arg("--no-defaults").args(user).arg(option("datadir", &data)).arg(option("init-file", &users));
        // One that starts deletes the temporary tables of whoever else has its folder.
        command.arg(option("tmpdir", run));
        // A socket's path may hold 107 bytes: this one is taken from the data's folder on.
        command.args(["--socket=mariadb.sock", "--pid-file=mariadb.pid", "--bind-address=127.0.0.1"]);
        command.args([&format!("--port={port}"), "--skip-name-resolve", "--local-infile=ON"]);
        let mut server = Server::start("MariaDB", &mut command, run.join("mariadb.log"))?;
        server.wait_until(interrupt, || answers(port))?;
        Ok((server, format!("mysql://finnet:finnet@127.0.0.1:{port}/InvestorsDB")))
    })
}

fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(format!("--{name}="));
    option.push(path);
    option
}

/// `mariadbd` and `mariadb-install-db`, installed where they are missing: the packages without a service, so that
/// nothing runs on the machine that did not run before.
pub(crate) fn programs(run: &Path, interrupt: &Interrupt) -> Result<(PathBuf, PathBuf), Failure> {
    let find = || Some((process::program("mariadbd", &FOLDERS)?, process::program("mariadb-install-db", &FOLDERS)?));
    let what = "tests of finnet-mysql need mariadbd and mariadb-install-db";
    if let Some(programs) = find() {
        return Ok(programs);
    }
    install::apt(what, &["mariadb-server-core", "mariadb-client-core"], run, interrupt)?;
    find().ok_or_else(|| Failure::Missing(format!("{what}; what was installed has not both")))
}

/// True when the server greets: a packet numbered 0 that says protocol 10. It does so only after `USERS` has run.
fn answers(port: u16) -> bool {
    greets(port).is_ok_and(|is_right| is_right)
}

fn greets(port: u16) -> std::io::Result<bool> {
    const WAIT: Duration = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting)?;
    Ok(greeting[3..] == [0, 10])
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;

    fn listener(greeting: &'static [u8]) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || listener.accept().unwrap().0.write_all(greeting).unwrap());
        port
    }

    #[test]
    fn only_a_greeting_is_one() {
        assert!(answers(listener(b"\x5b\x00\x00\x00\x0a5.5.5-10.11.19-MariaDB")));
        assert!(!answers(listener(b"\x45\x00\x00\x00\xff\x6a\x04Host is blocked")));
        assert!(!answers(listener(b"")));
        let [nobody] = free_ports().unwrap();
        assert!(!answers(nobody));
    }
}
