//! Encryption of the connection, as a URL asks for it: `?ssl-mode=verify-identity&ssl-ca=/etc/db/ca.pem`.
//!
//! In come the options of a URL, in the words of MySQL's own clients; out goes a [`Tls`], and of it what the driver
//! needs. There is no mode that falls back to an open connection where the server offers no encryption.
//!
//! MySQL's `verify-ca` checks the certificate but not its name. The driver's rustls side cannot do that (mysql_async
//! issue 404, in 0.36 and 0.37), so it is not offered.

use std::fmt;
use std::path::{Path, PathBuf};

use mysql_async::OptsBuilder;

use crate::error::{Error, Place};
use crate::url::{Encoded, UrlError, decode};

/// How a connection is encrypted.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Whoever answers: kept from those who listen, not from one who stands in between.
    Required,
    /// The server shows a certificate for its name, signed by an authority of this PEM file.
    VerifyIdentity(PathBuf),
}

impl Tls {
    /// Returns what the text behind a URL's `?` asks for; `None` for `ssl-mode=disabled`.
    ///
    /// # Errors
    ///
    /// - [`UrlError::Options`], [`UrlError::SslMode`], [`UrlError::SslCa`].
    /// - [`UrlError::TlsLeftOut`] where the feature `tls` is off.
    pub(crate) fn of_options(options: &str) -> Result<Option<Self>, UrlError> {
        let (mut mode, mut authority) = (None, None);
        for option in options.split('&') {
            let (name, value) = option.split_once('=').ok_or(UrlError::Options)?;
            let place = match name {
                "ssl-mode" => &mut mode,
                "ssl-ca" => &mut authority,
                _ => return Err(UrlError::Options),
            };
            if place.replace(decode(value)?).is_some() {
                return Err(UrlError::Options);
            }
        }
        // MySQL's manual writes VERIFY_IDENTITY.
        let mode = mode.unwrap_or_default().to_ascii_lowercase().replace('_', "-");
        let tls = match (mode.as_str(), authority) {
            ("disabled", None) => return Ok(None),
            ("required", None) => Self::Required,
            ("verify-identity", Some(file)) if !file.is_empty() => Self::VerifyIdentity(file.into()),
            ("disabled" | "required" | "verify-identity", _) => return Err(UrlError::SslCa),
            _ => return Err(UrlError::SslMode),
        };
        if cfg!(feature = "tls") { Ok(Some(tls)) } else { Err(UrlError::TlsLeftOut) }
    }

    /// Returns the driver's options with this encryption.
    ///
    /// # Errors
    ///
    /// - [`Error::Tls`] where the authority's file cannot be used.
    pub(crate) fn add_to(&self, options: OptsBuilder, at: &Place) -> Result<OptsBuilder, Error> {
        let options = options.ssl_opts(match self {
            // The roots that are built in stay, unused: rustls wants one.
            Self::Required => mysql_async::SslOpts::default().with_danger_accept_invalid_certs(true),
            Self::VerifyIdentity(file) => {
                let unusable = |cause: &dyn fmt::Display| Error::Tls {
                    at: at.clone(),
                    cause: format!("ssl-ca {}: {cause}", file.display()).into(),
                };
                let text = certificates(file).map_err(|cause| unusable(&cause))?;
                mysql_async::SslOpts::default().with_disable_built_in_roots(true).with_root_certs(vec![text.into()])
            }
        });
        #[cfg(feature = "tls")]
        // The driver asks rustls for the process's cryptography, which panics where two are compiled in and none is
        // chosen. One that the program chose stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(options)
    }
}

/// As the options of a URL.
impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("ssl-mode=required"),
            Self::VerifyIdentity(file) => {
                write!(f, "ssl-mode=verify-identity&ssl-ca={}", Encoded(&file.to_string_lossy()))
            }
        }
    }
}

/// Returns the text of a PEM file, every certificate of which can be read.
fn certificates(file: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let text = std::fs::read(file)?;
    #[cfg(feature = "tls")]
    {
        use rustls::pki_types::{CertificateDer, pem::PemObject};

        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            roots.add(certificate?)?;
        }
        if roots.is_empty() {
            return Err("no certificate in PEM form".into());
        }
    }
    Ok(text)
}

/// Returns why no encrypted connection came about; `None` where an error is of another kind.
pub(crate) fn failure(error: &mysql_async::Error) -> Option<String> {
    match error {
        mysql_async::Error::Driver(mysql_async::DriverError::NoClientSslFlagFromServer) => {
            Some("ssl-mode asks for TLS, and the server offers none".to_owned())
        }
        #[cfg(feature = "tls")]
        mysql_async::Error::Io(mysql_async::IoError::Tls(error)) => Some(error.to_string()),
        #[cfg(feature = "tls")]
        mysql_async::Error::Io(mysql_async::IoError::Io(error)) => {
            error.get_ref()?.downcast_ref::<rustls::Error>().map(ToString::to_string)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_half_asked_for_is_refused() {
        for (options, error) in [
            ("", UrlError::Options),
            ("ssl-mode", UrlError::Options),
            ("ssl=true", UrlError::Options),
            ("ssl-mode=required&", UrlError::Options),
            ("ssl-mode=required&ssl-mode=required", UrlError::Options),
            ("ssl-mode=disabled&ssl-mode=required", UrlError::Options),
            ("ssl-mode=required&require_ssl=true", UrlError::Options),
            ("ssl-mode=", UrlError::SslMode),
            ("ssl-mode=preferred", UrlError::SslMode),
            ("ssl-mode=verify-ca&ssl-ca=/ca.pem", UrlError::SslMode),
            ("ssl-ca=/ca.pem", UrlError::SslMode),
            ("ssl-mode=required&ssl-ca=/ca.pem", UrlError::SslCa),
            ("ssl-mode=disabled&ssl-ca=/ca.pem", UrlError::SslCa),
            ("ssl-mode=verify-identity", UrlError::SslCa),
            ("ssl-mode=verify-identity&ssl-ca=", UrlError::SslCa),
            ("ssl-mode=verify-identity&ssl-ca=%f", UrlError::Encoding),
        ] {
            assert_eq!(Tls::of_options(options).err(), Some(error), "{options}");
        }
        assert!(matches!(Tls::of_options("ssl-mode=DISABLED"), Ok(None)));
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_build_without_tls_says_so() {
        for options in ["ssl-mode=required", "ssl-mode=VERIFY_IDENTITY&ssl-ca=/ca.pem"] {
            assert_eq!(Tls::of_options(options).err(), Some(UrlError::TlsLeftOut), "{options}");
        }
        assert!(UrlError::TlsLeftOut.to_string().contains("feature tls"), "{}", UrlError::TlsLeftOut);
    }

    #[cfg(feature = "tls")]
    #[test]
    fn what_is_asked_for_is_shown() {
        for (options, shown) in [
            ("ssl-mode=REQUIRED", "ssl-mode=required"),
            ("ssl-ca=/a%20b%2Fca.pem&ssl-mode=VERIFY_IDENTITY", "ssl-mode=verify-identity&ssl-ca=%2Fa%20b%2Fca.pem"),
        ] {
            let url: crate::DatabaseUrl = format!("mysql://u:hunter2@h/db?{options}").parse().unwrap();
            assert_eq!(url.to_string(), format!("mysql://u:***@h:3306/db?{shown}"));
            let other = url.with_database("other").unwrap().to_string();
            assert_eq!(other, format!("mysql://u:***@h:3306/other?{shown}"), "another database, another way to it");
        }
    }
}
