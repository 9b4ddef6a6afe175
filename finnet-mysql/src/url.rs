//! Where a database is, who asks, and whether in cipher:
//! `mysql://user:password@host:port/InvestorsDB?ssl-mode=verify-identity&ssl-ca=/etc/db/ca.pem`.
//!
//! In comes the text of a flag or of `DATABASE_URL`; out goes a [`DatabaseUrl`] whose parts are percent-decoded.
//! The password leaves it only towards the server: neither `Display` nor `Debug` nor an error shows it, nor any
//! piece of a text that did not parse, since a piece may be the password's.

use std::fmt;
use std::str::FromStr;

use mysql_async::{Opts, OptsBuilder};

use crate::error::{Error, Place};
use crate::tls::Tls;

/// The port of MySQL and MariaDB where the URL has none.
const DEFAULT_PORT: u16 = 3306;

/// The longest name of a database, in characters.
const LONGEST_DATABASE: usize = 64;

/// The longest host, in characters: that of a domain name.
const LONGEST_HOST: usize = 253;

/// A database on a server, with the user and password to reach it.
///
/// The connection is open unless the URL says `?ssl-mode=required` (encrypted, whoever answers) or
/// `?ssl-mode=verify-identity&ssl-ca=FILE` (encrypted, with a certificate for the host that an authority of the PEM
/// file signed). Both need the feature `tls`, and neither falls back to an open connection.
///
/// # Examples
///
/// ```
/// use finnet_mysql::{DatabaseUrl, UrlError};
///
/// let url: DatabaseUrl = "mysql://finnet:p%40ss@db.example/InvestorsDB".parse()?;
/// assert_eq!(url.to_string(), "mysql://finnet:***@db.example:3306/InvestorsDB");
/// assert_eq!("mysql://finnet@db.example".parse::<DatabaseUrl>(), Err(UrlError::NoDatabase));
/// # Ok::<(), UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    user: String,
    password: Option<String>,
    host: String,
    port: u16,
    database: String,
    tls: Option<Tls>,
}

impl DatabaseUrl {
    /// Returns the user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the server's name or address; one of IPv6 without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the server's TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the database's name.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Returns the same server and user with another database.
    ///
    /// # Errors
    ///
    /// - [`UrlError::NoDatabase`] for an empty name.
    /// - [`UrlError::Database`] for a name that MySQL does not take.
    pub fn with_database(&self, database: &str) -> Result<Self, UrlError> {
        check_database(database)?;
        Ok(Self { database: database.to_owned(), ..self.clone() })
    }

    /// Returns the options to connect with, without a database.
    ///
    /// # Errors
    ///
    /// - [`Error::Tls`].
    pub(crate) fn server_options(&self, at: &Place) -> Result<OptsBuilder, Error> {
        let options = OptsBuilder::from_opts(Opts::default())
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .user(Some(self.user.clone()))
            .pass(self.password.clone())
            // The driver would go over to the socket file that the server names: behind a forwarded port, or
            // from a container, a file of that name belongs to another server.
            .prefer_socket(false)
            .stmt_cache_size(0)
            // As Diesel's own connections: an UPDATE counts the rows it found.
            .client_found_rows(true);
        match &self.tls {
            Some(tls) => tls.add_to(options, at),
            None => Ok(options),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    /// Returns the URL that a text states; user, password and database may be percent-encoded.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        let rest = text.strip_prefix("mysql://").ok_or(UrlError::Scheme)?;
        let (authority, path) = rest.split_once('/').ok_or_else(|| match rest.rsplit('@').next() {
            Some("") => UrlError::NoHost,
            _ => UrlError::NoDatabase,
        })?;
        let (database, options) = match path.split_once('?') {
            Some((database, options)) => (database, Some(options)),
            None => (path, None),
        };
        if authority.contains('?') || rest.contains('#') {
            return Err(UrlError::Options);
        }
        // The last `@`: one in the password, though it should be written %40, does no harm.
        let (credentials, server) = authority.rsplit_once('@').ok_or(UrlError::NoUser)?;
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(decode(password)?)),
            None => (credentials, None),
        };
        let (host, port) = split_server(server)?;
        let tls = options.map_or(Ok(None), Tls::of_options)?;
        let url = Self { user: decode(user)?, password, host, port, database: decode(database)?, tls };
        if url.user.is_empty() {
            return Err(UrlError::NoUser);
        }
        check_database(&url.database)?;
        Ok(url)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = if self.password.is_some() { ":***" } else { "" };
        let (left, right) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "mysql://{}{password}@{left}{}{right}:{}/", Encoded(&self.user), self.host, self.port)?;
        Encoded(&self.database).fmt(f)?;
        self.tls.as_ref().map_or(Ok(()), |tls| write!(f, "?{tls}"))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Why a text is no [`DatabaseUrl`]; never with a piece of that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// The text does not start with `mysql://`.
    Scheme,
    /// There is no user before the `@`, or no `@`.
    NoUser,
    /// There is no host after the `@`.
    NoHost,
    /// The host holds a character that no name or address of a server has.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// There is no name of a database after the host.
    NoDatabase,
    /// The name of the database is none that MySQL takes.
    Database,
    /// A `%` is not followed by two hexadecimal digits, or what they encode is not UTF-8.
    Encoding,
    /// The text has a `#`, a `?` before the database, or an option that is unknown or stands twice.
    Options,
    /// `ssl-mode` has another value than `disabled`, `required` and `verify-identity`.
    SslMode,
    /// `ssl-mode=verify-identity` lacks `ssl-ca`, or another mode has it.
    SslCa,
    /// The text asks for encryption, and the feature `tls` is off.
    TlsLeftOut,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("database URL: ")?;
        f.write_str(match self {
            Self::Scheme => "it does not start with mysql://",
            Self::NoUser => "it has no user: a user and an @ stand before the host",
            Self::NoHost => "it has no host",
            Self::Host => "its host is neither a name nor an address",
            Self::Port => "its port is no number from 1 to 65535",
            Self::NoDatabase => "it has no database: a / and its name stand after the host",
            Self::Database => "its database's name is longer than 64 characters, or holds one that no name may hold",
            Self::Encoding => "a % in it is not followed by two hexadecimal digits that encode UTF-8",
            Self::Options => "of options it may have ssl-mode and ssl-ca, each once, behind the database and a ?; no #",
            Self::SslMode => {
                "its ssl-mode is not disabled, required (encrypted, nothing checked) or verify-identity (encrypted, \
                 certificate and host name checked)"
            }
            Self::SslCa => {
                "ssl-mode=verify-identity needs ssl-ca=FILE, the PEM file of who signs the server's certificate, and \
                 no other mode takes one"
            }
            Self::TlsLeftOut => "it asks for TLS, which this program was built without: build it with the feature tls",
        })?;
        f.write_str("; expected mysql://user:password@host:port/database, ")?;
        f.write_str("with / ? # @ : % in a password as %2F %3F %23 %40 %3A %25")
    }
}

impl std::error::Error for UrlError {}

/// Returns host and port of `host`, `host:port`, `[::1]` or `[::1]:port`.
fn split_server(server: &str) -> Result<(String, u16), UrlError> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(UrlError::Host)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| UrlError::Host)?;
            match port.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if port.is_empty() => (host, None),
                None => return Err(UrlError::Port),
            }
        }
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    if host.len() > LONGEST_HOST || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte)) {
        return Err(UrlError::Host);
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|&port| port != 0).ok_or(UrlError::Port)?
        }
        Some(_) => return Err(UrlError::Port),
    };
    Ok((host.to_owned(), port))
}

/// A name that can be quoted: MySQL takes no NUL, nothing beyond the basic plane, no space at the end.
fn check_database(name: &str) -> Result<(), UrlError> {
    if name.is_empty() {
        return Err(UrlError::NoDatabase);
    }
    let allowed = |character: char| !character.is_control() && u32::from(character) <= 0xFFFF && character != '/';
    if name.chars().count() > LONGEST_DATABASE || name.ends_with(' ') || !name.chars().all(allowed) {
        return Err(UrlError::Database);
    }
    Ok(())
}

/// Returns the text that a percent-encoded one stands for.
pub(crate) fn decode(text: &str) -> Result<String, UrlError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => match (digit(bytes.next()), digit(bytes.next())) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(UrlError::Encoding),
            },
            byte => byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| UrlError::Encoding)
}

/// Text percent-encoded where a URL, or a terminal, would take it for something else.
pub(crate) struct Encoded<'a>(pub(crate) &'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_decoded() {
        let url: DatabaseUrl = "mysql://a%40b:p%2F%3A%25%C3%A9@[::1]:3307/my%2Ddb".parse().unwrap();
        assert_eq!((url.user(), url.host(), url.port(), url.database()), ("a@b", "::1", 3307, "my-db"));
        assert_eq!(url.password.as_deref(), Some("p/:%é"));
        assert_eq!(url.to_string(), "mysql://a%40b:***@[::1]:3307/my-db");
        assert_eq!(url.to_string().parse::<DatabaseUrl>().map(|url| url.password), Ok(Some("***".to_owned())));
        let url: DatabaseUrl = "mysql://root@localhost/db".parse().unwrap();
        assert_eq!((url.password.clone(), url.port()), (None, 3306));
        assert_eq!(url.to_string(), "mysql://root@localhost:3306/db");
        let url: DatabaseUrl = "mysql://u:p@ss:word@h/db".parse().unwrap();
        assert_eq!((url.password.as_deref(), url.host()), (Some("p@ss:word"), "h"));
        let url: DatabaseUrl = "mysql://u:@h/db".parse().unwrap();
        assert_eq!(url.password.as_deref(), Some(""));
    }

    #[test]
    fn an_error_names_what_is_wrong_and_shows_nothing() {
        for (text, error) in [
            ("", UrlError::Scheme),
            ("postgres://u:hunter2@h/db", UrlError::Scheme),
            ("mysql://h/db", UrlError::NoUser),
            ("mysql://:hunter2@h/db", UrlError::NoUser),
            ("mysql://u:hunter2@/db", UrlError::NoHost),
            ("mysql://u:hunter2@", UrlError::NoHost),
            ("mysql://u:hunter2@:3306/db", UrlError::NoHost),
            ("mysql://u:hunter2@h", UrlError::NoDatabase),
            ("mysql://u:hunter2@h/", UrlError::NoDatabase),
            ("mysql://u:hunter2@h:/db", UrlError::Port),
            ("mysql://u:hunter2@h:0/db", UrlError::Port),
            ("mysql://u:hunter2@h:+1/db", UrlError::Port),
            ("mysql://u:hunter2@h:65536/db", UrlError::Port),
            ("mysql://u:hunter2@h h/db", UrlError::Host),
            ("mysql://u:hunter2@[::1/db", UrlError::Host),
            ("mysql://u:hunter2@[x]/db", UrlError::Host),
            ("mysql://u:hunter2%@h/db", UrlError::Encoding),
            ("mysql://u:hunter2%zz@h/db", UrlError::Encoding),
            ("mysql://u:hunter2%ff@h/db", UrlError::Encoding),
            ("mysql://u:hunter2@h/a/b", UrlError::Database),
            ("mysql://u:hunter2@h/a%00", UrlError::Database),
            ("mysql://u:hunter2@h/a%20", UrlError::Database),
            ("mysql://u:hunter2@h/db?sslmode=hunter2", UrlError::Options),
            ("mysql://u:hunter2@h/db#x", UrlError::Options),
            ("mysql://u:hunter2?x@h/db", UrlError::Options),
            ("mysql://u:hunter2@h?ssl-mode=required/db", UrlError::Options),
            ("mysql://u:hunter2@h/db?ssl-mode=hunter2", UrlError::SslMode),
            ("mysql://u:hunter2@h/db?ssl-mode=verify-identity", UrlError::SslCa),
        ] {
            let found = text.parse::<DatabaseUrl>().unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(!format!("{found} {found:?}").contains("hunter2"));
        }
        let url: DatabaseUrl = "mysql://u:hunter2@h/db".parse().unwrap();
        assert!(!format!("{url} {url:?} {url:#?}").contains("hunter2"));
        assert_eq!(url.with_database(&"x".repeat(65)), Err(UrlError::Database));
        assert_eq!(url.with_database("other").unwrap().to_string(), "mysql://u:***@h:3306/other");
    }
}
