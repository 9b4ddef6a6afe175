//! A TCP proxy before the server that cuts a connection at a commit: before the server has it, or before the client
//! has its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use finnet_mysql::DatabaseUrl;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy does with a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum AtCommit {
    /// Hands it on.
    Pass,
    /// Cuts both sides; the server never has it.
    CutBefore,
    /// Hands it on, waits for the answer, keeps it and cuts both sides.
    CutAfter,
}

/// A proxy that lives as long as the runtime.
pub(crate) struct Proxy {
    mode: Arc<AtomicU8>,
    url: DatabaseUrl,
}

impl Proxy {
    /// Returns a proxy before the server of a URL.
    pub(crate) async fn before(url: &DatabaseUrl) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = listener.local_addr().unwrap();
        let server = format!("{}:{}", url.host(), url.port());
        let mode = Arc::new(AtomicU8::new(AtCommit::Pass as u8));
        let of_connections = Arc::clone(&mode);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(hand_on(client, server, Arc::clone(&of_connections)));
            }
        });
        // The user and password of the tests' server, which a URL does not tell.
        let text = std::env::var("DATABASE_URL").unwrap();
        let credentials = text.strip_prefix("mysql://").and_then(|rest| rest.rsplit_once('@')).unwrap().0;
        let through: DatabaseUrl = format!("mysql://{credentials}@{near}/any").parse().unwrap();
        Self { mode, url: through.with_database(url.database()).unwrap() }
    }

    /// Returns the URL that leads through the proxy.
    pub(crate) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    pub(crate) fn set(&self, mode: AtCommit) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }
}

async fn hand_on(mut client: TcpStream, mut server: TcpStream, mode: Arc<AtomicU8>) {
    let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            count = client.read(&mut request) => {
                let Ok(1..) = count else { return };
                let request = &request[..count.unwrap()];
                let mode = mode.load(Ordering::SeqCst);
                // COM_QUERY, alone in its packet.
                if mode != AtCommit::Pass as u8 && request.ends_with(b"\x03COMMIT") {
                    if mode == AtCommit::CutAfter as u8 {
                        server.write_all(request).await.unwrap();
                        assert_ne!(server.read(&mut answer).await.unwrap(), 0);
                    }
                    return;
                }
                if server.write_all(request).await.is_err() { return }
            }
            count = server.read(&mut answer) => {
                let Ok(1..) = count else { return };
                if client.write_all(&answer[..count.unwrap()]).await.is_err() { return }
            }
        }
    }
}
