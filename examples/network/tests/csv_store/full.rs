//! A disk without room: this test's own program, started again with a limit on the size of files, stores rows until
//! the system refuses. A limit is what an ordinary user can set; the disk that is full at any byte is `crash.rs`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use finnet_network::csv_store::CsvStore;

use super::{at, names, p11, read, rows};

/// Names the folder to the child.
const FOLDER: &str = "FINNET_TEST_FULL_FOLDER";

/// Rows that no limit below has room for: 200 lines of about 40 bytes.
fn stream() -> Vec<i64> {
    (0..200).map(|number| 276_338_300_000_000 + number * 12_345).collect()
}

/// Stores the stream from where the positions are, seven rows a batch.
fn store(folder: &Path) -> Result<(), finnet_network::csv_store::Error> {
    let rows = rows("Inv1_P11", &stream());
    let mut store = CsvStore::open(folder, &[p11()])?;
    let mut from = store.positions().first().map_or(0, |at| usize::try_from(at.next).unwrap());
    while from < rows.len() {
        let until = rows.len().min(from + 7);
        store.append(&rows[from..until], &[at(0, i64::try_from(until).unwrap())])?;
        from = until;
    }
    Ok(())
}

/// The child's part; there is nothing to do where nobody asks for it.
#[test]
fn a_child_stores_until_it_is_refused() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    if let Err(error) = store(&folder) {
        eprintln!("error: {error}");
        std::process::exit(3);
    }
}

/// Runs the child; files may have so many blocks of 512 bytes (1,024 with some shells).
fn limited(folder: &Path, blocks: u32) -> Output {
    // Without the signal a write past the limit is an error, as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "full::a_child_stores_until_it_is_refused", "--nocapture"]);
    command.env(FOLDER, folder).output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_one_line_and_costs_no_row() {
    let whole = tempfile::tempdir().unwrap();
    store(whole.path()).unwrap();
    for blocks in [1, 2, 3, 5] {
        let folder = tempfile::tempdir().unwrap();
        // Again without room: no better, and no worse.
        for _ in 0..2 {
            let output = limited(folder.path(), blocks);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(3), "{said}");
            let file = folder.path().join("Inv1_P11.csv");
            let line = said.lines().find(|line| line.starts_with("error: ")).unwrap();
            assert!(line.starts_with(&format!("error: {}: ", file.display())), "{said}");
            assert!(line.ends_with(": make room and start again, no row is lost"), "{said}");
            assert_eq!(said.lines().filter(|line| line.contains("error")).count(), 1, "{said}");
        }
        assert!(read(folder.path(), "Inv1_P11.csv").len() < read(whole.path(), "Inv1_P11.csv").len());
        store(folder.path()).unwrap();
        for name in names(whole.path()) {
            assert_eq!(read(folder.path(), &name), read(whole.path(), &name), "{blocks}: {name}");
        }
        assert_eq!(names(folder.path()), names(whole.path()));
    }
}
