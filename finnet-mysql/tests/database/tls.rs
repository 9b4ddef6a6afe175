//! Encrypted connections to servers with certificates of the tests' own: what is asked for is had, or nothing is.
//!
//! The certificates are made by the command `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use finnet_mysql::Outcome::Stored;
use finnet_mysql::{Create, DatabaseUrl, Error, Store, create};
use tempfile::TempDir;

use crate::own_server::{OwnServer, PASSWORD};
use crate::scratch::{advance, ids, network, p11};

/// An authority, and a server's certificate that it signed.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Returns certificates for these names of the server, as `DNS:localhost`.
    fn for_names(names: &str) -> Self {
        let folder = TempDir::with_prefix("finnet-mysql-tls-").unwrap();
        let made = Self { folder };
        std::fs::write(made.file("names"), format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n")).unwrap();
        made.openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=finnet-ca -keyout ca.key -out ca.pem");
        made.openssl("req -newkey rsa:2048 -nodes -subj /CN=finnet-server -keyout server.key -out server.csr");
        made.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
        );
        made
    }

    fn openssl(&self, words: &str) {
        let made = Command::new("openssl").args(words.split(' ')).current_dir(self.folder.path()).output();
        let made = made.expect("the command openssl");
        assert!(made.status.success(), "{words}: {}", String::from_utf8_lossy(&made.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns a server that shows them.
    async fn server(&self, test: &str, more: &[&str]) -> Option<OwnServer> {
        let option = |name: &str, file: &str| format!("--{name}={}", self.file(file).display());
        let options = [option("ssl-cert", "server.pem"), option("ssl-key", "server.key"), option("ssl-ca", "ca.pem")];
        let options: Vec<_> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
        OwnServer::start(test, &options).await
    }
}

fn verify(file: &Path) -> String {
    format!("?ssl-mode=verify-identity&ssl-ca={}", file.display())
}

/// Returns the error of a URL, which says why there is no TLS, once, and does not go away by waiting.
async fn refused(url: &DatabaseUrl) -> String {
    let error = create(url, &network(), Create::Keep).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }) && !error.is_transient(), "{error:?}");
    let line = error.to_string();
    assert!(line.starts_with("no TLS to database InvestorsDB at ") && !line.contains('\n'), "{line}");
    assert!(!format!("{line} {error:?}").contains(PASSWORD), "{line}");
    line
}

#[tokio::test]
async fn what_is_asked_for_is_had() {
    let certificates = Certificates::for_names("DNS:localhost");
    let Some(server) = certificates.server("tls", &[]).await else { return };
    // Wanted by the server too, so that an open connection cannot pass for an encrypted one.
    server.set("ALTER USER writer@'127.0.0.1' REQUIRE SSL").await;
    let open = server.url("writer");
    let denied = create(&open, &network(), Create::Keep).await.unwrap_err();
    assert!(matches!(denied, Error::AccessDenied { .. }) && denied.to_string().contains("ssl-mode"), "{denied}");

    let url = server.url_of("writer", "127.0.0.1", "?ssl-mode=required");
    create(&url, &network(), Create::Keep).await.unwrap();
    let url = server.url_of("writer", "localhost", &verify(&certificates.file("ca.pem")));
    let mut store = Store::open(&url, "app1", &ids()).await.unwrap();
    assert_eq!(store.append(&[p11("2000-01-03", "1.00")], &[advance(0, None, 1)]).await.unwrap(), [Stored]);
    assert!(format!("{store:?}").contains("ssl-mode=verify-identity") && !format!("{store:?}").contains(PASSWORD));

    // A server that takes no open connection at all.
    server.set("SET GLOBAL require_secure_transport = 1").await;
    let error = create(&server.url("finnet"), &network(), Create::Keep).await.unwrap_err();
    assert!(error.to_string().contains("ssl-mode") && !error.is_transient(), "{error}");
    store.reconnect().await.unwrap();
    assert_eq!(store.positions()[0].next, 1);
}

#[tokio::test]
async fn who_is_not_who_was_asked_for_is_refused() {
    let certificates = Certificates::for_names("DNS:db.example,IP:127.0.0.2");
    let Some(server) = certificates.server("tls-identity", &[]).await else { return };
    let right = certificates.file("ca.pem");
    for host in ["localhost", "127.0.0.1"] {
        let line = refused(&server.url_of("finnet", host, &verify(&right))).await;
        assert!(line.contains("not valid for name") && line.contains(host), "{line}");
    }
    let wrong = Certificates::for_names("DNS:db.example");
    let line = refused(&server.url_of("finnet", "127.0.0.1", &verify(&wrong.file("ca.pem")))).await;
    assert!(line.contains("UnknownIssuer") || line.contains("BadSignature"), "{line}");
    // Files that are none, or hold none.
    for (file, part) in [("absent.pem", "No such file"), ("server.key", "no certificate"), ("cut.pem", "ssl-ca ")] {
        let text = std::fs::read_to_string(certificates.file("ca.pem")).unwrap();
        std::fs::write(certificates.file("cut.pem"), text.replacen("MII", "M!I", 1)).unwrap();
        let line = refused(&server.url_of("finnet", "127.0.0.1", &verify(&certificates.file(file)))).await;
        assert!(line.contains(part) && line.contains(file), "{line}");
    }
    // Whoever answers: that is what this mode means.
    create(&server.url_of("finnet", "127.0.0.1", "?ssl-mode=required"), &network(), Create::Keep).await.unwrap();
}

#[tokio::test]
async fn an_address_of_the_certificate_is_a_name_too() {
    let certificates = Certificates::for_names("IP:127.0.0.1");
    // The oldest that is still spoken.
    let Some(server) = certificates.server("tls-address", &["--tls-version=TLSv1.2"]).await else { return };
    server.set("ALTER USER writer@'127.0.0.1' REQUIRE SSL").await;
    let url = server.url_of("writer", "127.0.0.1", &verify(&certificates.file("ca.pem")));
    create(&url, &network(), Create::Keep).await.unwrap();
}

#[tokio::test]
async fn a_server_without_tls_is_refused_and_told_nothing() {
    let certificates = Certificates::for_names("IP:127.0.0.1");
    let Some(server) = OwnServer::start("tls-none", &["--skip-ssl"]).await else { return };
    for options in ["?ssl-mode=required".to_owned(), verify(&certificates.file("ca.pem"))] {
        let line = refused(&server.url_of("finnet", "127.0.0.1", &options)).await;
        assert!(line.contains("the server offers none"), "{line}");
    }
    // The same server, asked without.
    create(&server.url_of("finnet", "127.0.0.1", "?ssl-mode=disabled"), &network(), Create::Keep).await.unwrap();
}
