//! A name for each running instance of a program on this host: one that was killed and is started again gets its old
//! name back at once, and two that run at the same time have different ones.
//!
//! In come the program's name and the one that the user wishes, if any; out goes a [`Seat`] with a name fit for Kafka's
//! `group.instance.id`. Seats are numbered from 1, each with a file in the system's folder of temporary files that is
//! locked while the seat is taken: the system gives the lock back however the process ends. Programs that share a host's
//! name and not that folder, as containers may, need names of the user's.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;

/// The most seats of one program on one host.
const SEATS: u32 = 1000;
/// The longest name, in bytes. Kafka takes 249.
const LONGEST: usize = 100;

/// A name that no other instance of the program on this host has while this lives.
#[derive(Debug)]
pub struct Seat {
    name: String,
    /// `None` where the user chose the name.
    lock: Option<File>,
}

impl Seat {
    /// Returns the seat of the name wished for, or else the first of `program` that is free on this host.
    ///
    /// # Errors
    ///
    /// - Where the name wished for is none that Kafka would take.
    /// - Where no seat is free, or none can be locked.
    pub fn take(program: &str, wish: Option<&str>) -> Result<Self, Failure> {
        match wish {
            Some(name) => {
                check(name).map_err(|why| Failure::usage(format!("--instance, or FINNET_INSTANCE: {why}")))?;
                Ok(Self { name: name.to_owned(), lock: None })
            }
            None => Self::first_free(&std::env::temp_dir(), program, &host()),
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn first_free(folder: &Path, program: &str, host: &str) -> Result<Self, Failure> {
        let mut last = None;
        for number in 1..=SEATS {
            match lock(&folder.join(format!("finnet-{program}-{number}.lock"))) {
                Ok(lock) => return Ok(Self { name: format!("{host}-{number}"), lock: Some(lock) }),
                Err(TryLockError::WouldBlock) => (),
                // Another user's, most likely. Whose it is does not matter: it can't be had.
                Err(TryLockError::Error(why)) => last = Some(why),
            }
        }
        let why = last.map_or("all are taken".to_owned(), |why| why.to_string());
        let tried = folder.join(format!("finnet-{program}-1.lock to -{SEATS}.lock"));
        Err(Failure::new(format!("no name is free for this instance: {}: {why}", tried.display()))
            .hint("give it one of its own: --instance NAME"))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            // Closing would do, were it not for a process that is being started just now and has the file for a moment.
            let _ = lock.unlock();
        }
    }
}

/// Locks a file, made where it is not there and never written to.
fn lock(path: &Path) -> Result<File, TryLockError> {
    // Anybody may put anything there: a link would be followed, and a pipe waited for.
    if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
        let why = io::Error::new(io::ErrorKind::AlreadyExists, "something else than a file is there");
        return Err(TryLockError::Error(why));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

/// Says why a name is none that Kafka would take.
fn check(name: &str) -> Result<(), String> {
    if let Some(strange) = name.chars().find(|&c| !is_allowed(c)) {
        // A character alone, and escaped: the whole may be long, or move a terminal's cursor.
        return Err(format!("{strange:?} can't stand in a name; letters A-Z and a-z, digits, '.', '_' and '-' can"));
    }
    match name.len() {
        0 => Err("the name is empty".to_owned()),
        length if length > LONGEST => Err(format!("a name has at most {LONGEST} characters, not {length}")),
        _ if matches!(name, "." | "..") => Err("a name can't be '.' or '..'".to_owned()),
        _ => Ok(()),
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Returns this host's name.
fn host() -> String {
    let by_file = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let by_program = || {
        let output = Command::new("hostname").output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let by_variable = || std::env::var("HOSTNAME").ok();
    cleaned(&by_file().or_else(by_program).or_else(by_variable).unwrap_or_default())
}

/// Returns a host's name as it may stand in an instance's, with room for the number.
fn cleaned(host: &str) -> String {
    let room = LONGEST - format!("-{SEATS}").len();
    let name: String = host.trim().chars().map(|c| if is_allowed(c) { c } else { '-' }).take(room).collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use proptest::prelude::*;

    use super::*;
    use crate::failure::Kind;

    fn take(folder: &tempfile::TempDir) -> Seat {
        Seat::first_free(folder.path(), "inv-1", "host").unwrap()
    }

    #[test]
    fn two_at_once_differ_and_a_seat_left_is_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, third] = [take(&folder), take(&folder), take(&folder)];
        assert_eq!([first.name(), second.name(), third.name()], ["host-1", "host-2", "host-3"]);
        // Another program has seats of its own.
        assert_eq!(Seat::first_free(folder.path(), "app1", "host").unwrap().name(), "host-1");
        drop(second);
        let second = take(&folder);
        assert_eq!(second.name(), "host-2");
        drop((first, second));
        assert_eq!([take(&folder).name(), third.name()], ["host-1", "host-3"]);
    }

    #[test]
    fn the_seat_of_a_killed_process_is_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let lock = File::create(folder.path().join("finnet-inv-1-1.lock")).unwrap();
        lock.lock().unwrap();
        // The lock goes with the file to a process that holds it to its end.
        let mut holder = Command::new("sleep").arg("600").stdin(Stdio::from(lock)).spawn().unwrap();
        let meanwhile = take(&folder);
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert_eq!([meanwhile.name(), take(&folder).name()], ["host-2", "host-1"]);
    }

    #[test]
    fn what_others_have_put_there_is_passed_over_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = |number: u32| folder.path().join(format!("finnet-inv-1-{number}.lock"));
        let precious = folder.path().join("precious");
        std::fs::write(&precious, "precious").unwrap();
        std::fs::create_dir(place(1)).unwrap();
        std::os::unix::fs::symlink(&precious, place(2)).unwrap();
        std::os::unix::fs::symlink(folder.path().join("nowhere"), place(3)).unwrap();
        assert!(Command::new("mkfifo").arg(place(4)).status().unwrap().success());
        std::fs::write(place(5), "of an earlier version").unwrap();
        assert_eq!(take(&folder).name(), "host-5");
        assert_eq!(std::fs::read(&precious).unwrap(), b"precious");
        assert_eq!(std::fs::read(place(5)).unwrap(), b"of an earlier version");
        assert!(!folder.path().join("nowhere").exists());
    }

    #[test]
    fn where_no_seat_can_be_had_the_search_ends_and_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let failure = Seat::first_free(&folder.path().join("nowhere"), "inv-1", "host").unwrap_err();
        assert_eq!(failure.kind(), Kind::Failed);
        let said = failure.to_string();
        assert!(said.contains("nowhere/finnet-inv-1-1.lock") && said.contains("--instance NAME"), "{said}");
    }

    #[test]
    fn a_wish_is_taken_as_it_is_or_refused() {
        let longest = "n".repeat(100);
        for name in ["a", "-", "...", "Trader_7.eu-west", longest.as_str()] {
            let [one, other] = [Seat::take("inv-1", Some(name)).unwrap(), Seat::take("inv-1", Some(name)).unwrap()];
            assert_eq!([one.name(), other.name()], [name, name]);
        }
        let long = "n".repeat(10_240);
        for name in [
            "",
            ".",
            "..",
            "../../x",
            "a b",
            "a\n",
            "a\0",
            "P11; DROP TABLE",
            "\u{1b}[31m",
            "\u{202e}abc",
            "Zürich",
            &longest.replace("nnn", "nnnn"),
            &long,
        ] {
            let failure = Seat::take("inv-1", Some(name)).unwrap_err();
            assert_eq!(failure.kind(), Kind::Usage, "{name:?}");
            let said = failure.to_string();
            assert!(said.starts_with("--instance, or FINNET_INSTANCE: ") && said.len() < 200, "{said}");
            assert!(said.is_ascii() && said.lines().all(|line| !line.contains(char::is_control)) || name == "Zürich");
        }
    }

    #[test]
    fn a_hosts_name_is_cleaned() {
        for (found, expected) in [
            ("vm\n", "vm"),
            ("db-1.example.org\n", "db-1.example.org"),
            ("", "localhost"),
            (" \n", "localhost"),
            ("../x", "..-x"),
            ("büro\u{1b}[2J", "b-ro--2J"),
        ] {
            assert_eq!(cleaned(found), expected);
        }
        assert_eq!(cleaned(&"h".repeat(1000)).len(), 95);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn every_seat_has_a_name_that_could_be_wished_for(host: String, number in 1..=1000_u32) {
            let name = format!("{}-{number}", cleaned(&host));
            prop_assert!(name.len() <= 100 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
            let seat = Seat::take("inv-1", Some(&name)).unwrap();
            prop_assert_eq!(seat.name(), name);
        }

        #[test]
        fn a_wish_is_taken_where_all_of_it_is_allowed(wish in "[ -~\u{e9}]{0,4}|[A-Za-z0-9._-]{90,110}") {
            let fits = !wish.is_empty() && wish.len() <= 100 && wish != "." && wish != "..";
            let allowed = wish.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            prop_assert_eq!(Seat::take("inv-1", Some(&wish)).is_ok(), fits && allowed);
        }
    }
}
