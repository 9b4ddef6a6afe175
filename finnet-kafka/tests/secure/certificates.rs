//! Certificates for one run: a CA, a broker's key that it signed for `localhost`, and a CA that signed nothing.
//!
//! Made by keytool, which lies beside every java. In comes an empty folder; out go `broker.p12`, `ca.pem`, `other.pem`.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Of the key store, which lives as long as the test.
pub(crate) const KEYSTORE_PASSWORD: &str = "keystore-of-the-test";

/// Puts the three files into the folder.
pub(crate) fn make(folder: &Path) {
    let ca = ["-genkeypair", "-alias", "ca", "-dname", "CN=ca", "-ext", "bc:critical=ca:true"];
    keytool(folder, "broker.p12", &ca);
    export(folder, "broker.p12", "ca.pem");
    // Of the name alone, not of the address: by its address the same broker is somebody else.
    let broker =
        ["-genkeypair", "-alias", "broker", "-signer", "ca", "-dname", "CN=broker", "-ext", "san=dns:localhost"];
    keytool(folder, "broker.p12", &broker);
    keytool(folder, "broker.p12", &["-delete", "-alias", "ca"]);
    keytool(folder, "other.p12", &ca);
    export(folder, "other.p12", "other.pem");
}

fn export(folder: &Path, keystore: &str, file: &str) {
    let certificate = keytool(folder, keystore, &["-exportcert", "-rfc", "-alias", "ca"]);
    fs::write(folder.join(file), certificate).expect("a certificate to be written");
}

/// Runs keytool and returns what it prints.
fn keytool(folder: &Path, keystore: &str, words: &[&str]) -> Vec<u8> {
    let mut command = Command::new(super::broker::java("keytool"));
    command.current_dir(folder).args(words).args(["-keystore", keystore, "-storepass", KEYSTORE_PASSWORD]);
    if words[0] == "-genkeypair" {
        command.args(["-keyalg", "EC", "-validity", "30"]);
    }
    let output = command.output().expect("keytool to run: it lies beside java");
    assert!(output.status.success(), "keytool {words:?}: {}", String::from_utf8_lossy(&output.stdout));
    output.stdout
}
