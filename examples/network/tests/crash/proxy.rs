//! A way to a server through this process, on which connections are cut, held up, slowed and refused at will.
//!
//! In come the near ends on a port of its own, out go the far ends to the server; bytes pass as they are. Whatever is
//! counted or held is counted or held over all connections together.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Bytes that pass in one piece at the most.
const PIECE: usize = 16 * 1024;

/// How often the listener looks whether somebody comes, or whether it is to close.
const LOOK: Duration = Duration::from_millis(2);

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the program to the server.
    Requests,
    /// From the server to the program.
    Answers,
}

/// What new connections and bytes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// All passes.
    Fair,
    /// Nothing passes, and nobody is told.
    Stalled,
    /// Nobody listens.
    Refusing,
    /// Answers pass at so many bytes a second.
    Slow(u32),
}

/// A way to one server.
pub(crate) struct Proxy {
    near: SocketAddr,
    shared: Arc<Shared>,
    listens: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    weather: Weather,
    /// Where connections are cut: at this byte of this direction.
    fuse: Option<(Direction, usize)>,
    /// Both ends of each connection.
    open: HashMap<u64, [TcpStream; 2]>,
    next: u64,
    closed: bool,
}

impl Proxy {
    /// Opens a way from one port to another, where a server need not be yet; 0 is any port that is free.
    pub(crate) fn between(near: u16, far: u16) -> Self {
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, near)).expect("a free port");
        let near = door.local_addr().expect("a bound port");
        let state = State { weather: Weather::Fair, fuse: None, open: HashMap::new(), next: 0, closed: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let far = SocketAddr::from((Ipv4Addr::LOCALHOST, far));
        let listening = Arc::clone(&shared);
        let listens = std::thread::spawn(move || listen(door, near, far, &listening));
        Self { near, shared, listens: Some(listens) }
    }

    /// Returns where programs connect to.
    pub(crate) fn near(&self) -> SocketAddr {
        self.near
    }

    /// Closes all connections at once; new ones are taken.
    pub(crate) fn cut(&self) {
        self.shared.lock().cut();
    }

    /// Closes all connections as soon as so many bytes more have gone this way: what belongs to the next byte is lost,
    /// what went the other way has arrived.
    pub(crate) fn cut_after(&self, direction: Direction, bytes: usize) {
        self.shared.lock().fuse = Some((direction, bytes));
    }

    /// Changes what connections meet, until it is changed again.
    pub(crate) fn set(&self, weather: Weather) {
        self.shared.lock().weather = weather;
        self.shared.changed.notify_all();
    }

    /// Lets all pass again.
    pub(crate) fn mend(&self) {
        self.shared.lock().fuse = None;
        self.set(Weather::Fair);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        state.cut();
        drop(state);
        self.shared.changed.notify_all();
        if let Some(listens) = self.listens.take() {
            let _ = listens.join();
        }
    }
}

impl State {
    fn cut(&mut self) {
        for [near, far] in self.open.values() {
            let _ = near.shutdown(Shutdown::Both);
            let _ = far.shutdown(Shutdown::Both);
        }
        self.open.clear();
        self.fuse = None;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while nothing passes; returns how many of these bytes may go, and how long they take.
    fn admit(&self, direction: Direction, bytes: usize) -> (usize, Duration) {
        let stalled = |state: &mut State| state.weather == Weather::Stalled && !state.closed;
        let mut state = self.changed.wait_while(self.lock(), stalled).unwrap_or_else(PoisonError::into_inner);
        let takes = match state.weather {
            Weather::Slow(rate) if direction == Direction::Answers => {
                let nanos = bytes as u64 * 1_000_000_000 / u64::from(rate);
                Duration::from_nanos(nanos)
            }
            _ => Duration::ZERO,
        };
        match &mut state.fuse {
            Some((burns, left)) if *burns == direction => {
                let pass = bytes.min(*left);
                *left -= pass;
                (pass, takes)
            }
            _ => (bytes, takes),
        }
    }
}

/// Takes connections while the server is there: where it is not, nobody listens, as without a proxy.
fn listen(door: TcpListener, near: SocketAddr, far: SocketAddr, shared: &Arc<Shared>) {
    let mut door = Some(door);
    loop {
        let (closed, refusing) = {
            let state = shared.lock();
            (state.closed, state.weather == Weather::Refusing)
        };
        if closed {
            return;
        }
        door = match door {
            Some(_) if refusing => None,
            Some(open) => take(open, far, shared),
            None if !refusing && TcpStream::connect(far).is_ok() => TcpListener::bind(near).ok(),
            None => None,
        };
        if door.is_none() {
            std::thread::sleep(10 * LOOK);
        }
    }
}

/// Takes a connection if somebody comes; `None` where the server is not there.
fn take(door: TcpListener, far: SocketAddr, shared: &Arc<Shared>) -> Option<TcpListener> {
    door.set_nonblocking(true).expect("a listener");
    let Ok((near, _)) = door.accept() else {
        std::thread::sleep(LOOK);
        return Some(door);
    };
    near.set_nonblocking(false).expect("a connection");
    join(near, TcpStream::connect(far).ok()?, shared);
    Some(door)
}

/// Lets bytes pass between two ends, each way by a thread of its own.
fn join(near: TcpStream, far: TcpStream, shared: &Arc<Shared>) {
    let twin = |stream: &TcpStream| stream.try_clone().expect("a further handle of a connection");
    // Without this each small request waits for the answer to the one before.
    for stream in [&near, &far] {
        let _ = stream.set_nodelay(true);
    }
    let ways = [(Direction::Requests, twin(&near), twin(&far)), (Direction::Answers, twin(&far), twin(&near))];
    let mut state = shared.lock();
    let id = state.next;
    state.next += 1;
    state.open.insert(id, [near, far]);
    drop(state);
    for (direction, from, to) in ways {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            pass(direction, from, to, &shared);
            if let Some(ends) = shared.lock().open.remove(&id) {
                for end in ends {
                    let _ = end.shutdown(Shutdown::Both);
                }
            }
        });
    }
}

/// Lets bytes pass one way until an end is closed or the fuse burns.
fn pass(direction: Direction, mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut buffer = [0; PIECE];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let (admitted, takes) = shared.admit(direction, read);
        std::thread::sleep(takes);
        if to.write_all(&buffer[..admitted]).is_err() {
            return;
        }
        if admitted < read {
            shared.lock().cut();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each byte with two of it, and tells how many it has had of each connection.
    fn doubling() -> (u16, std::sync::mpsc::Receiver<usize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let tell = tell.clone();
                std::thread::spawn(move || {
                    let (mut had, mut byte) = (0, [0]);
                    while let Ok(1..) = stream.read(&mut byte) {
                        had += 1;
                        if stream.write_all(&[byte[0]; 2]).is_err() {
                            break;
                        }
                    }
                    let _ = tell.send(had);
                });
            }
        });
        (port, told)
    }

    fn connect(proxy: &Proxy) -> TcpStream {
        let stream = TcpStream::connect(proxy.near()).expect("the proxy");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
        stream
    }

    fn answer(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
        stream.write_all(request).expect("an open connection");
        let mut answer = vec![0; request.len() * 2];
        stream.read_exact(&mut answer).expect("an answer");
        answer
    }

    /// Returns what still comes until the end.
    fn rest(stream: &mut TcpStream) -> Vec<u8> {
        let (mut rest, mut byte) = (Vec::new(), [0]);
        while let Ok(1) = stream.read(&mut byte) {
            rest.push(byte[0]);
        }
        rest
    }

    #[test]
    fn bytes_pass_as_they_are_and_a_cut_ends_all() {
        let (port, told) = doubling();
        let proxy = Proxy::between(0, port);
        let (mut first, mut second) = (connect(&proxy), connect(&proxy));
        assert_eq!(answer(&mut first, b"abc"), b"aabbcc");
        assert_eq!(answer(&mut second, b"\0\xff"), b"\0\0\xff\xff");
        proxy.cut();
        assert!(rest(&mut first).is_empty() && rest(&mut second).is_empty());
        let had = [told.recv(), told.recv()].map(|had| had.expect("the server saw its end"));
        assert!(had == [3, 2] || had == [2, 3], "{had:?}");
        assert_eq!(answer(&mut connect(&proxy), b"d"), b"dd");
    }

    #[test]
    fn an_answer_is_lost_that_the_server_gave() {
        let (port, told) = doubling();
        let proxy = Proxy::between(0, port);
        let mut stream = connect(&proxy);
        assert_eq!(answer(&mut stream, b"a"), b"aa");
        proxy.cut_after(Direction::Answers, 3);
        stream.write_all(b"bcd").expect("an open connection");
        assert_eq!(rest(&mut stream), b"bbc");
        assert_eq!(told.recv(), Ok(4), "the request had arrived");
        // It burns once.
        assert_eq!(answer(&mut connect(&proxy), b"efghi"), b"eeffgghhii");
    }

    #[test]
    fn a_request_arrives_in_part() {
        let (port, told) = doubling();
        let proxy = Proxy::between(0, port);
        proxy.cut_after(Direction::Requests, 2);
        let mut stream = connect(&proxy);
        stream.write_all(b"abc").expect("an open connection");
        rest(&mut stream);
        assert_eq!(told.recv(), Ok(2));
    }

    #[test]
    fn what_is_stalled_comes_later_and_whole() {
        let (port, _told) = doubling();
        let proxy = Proxy::between(0, port);
        let mut stream = connect(&proxy);
        proxy.set(Weather::Stalled);
        stream.write_all(b"ab").expect("an open connection");
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a time");
        assert!(stream.read(&mut [0]).is_err(), "nothing passes");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
        proxy.mend();
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"aabb");
    }

    #[test]
    fn who_is_refused_comes_again() {
        let (port, _told) = doubling();
        let proxy = Proxy::between(0, port);
        let mut before = connect(&proxy);
        assert_eq!(answer(&mut before, b"a"), b"aa");
        proxy.set(Weather::Refusing);
        comes_to(|| TcpStream::connect(proxy.near()).is_err());
        assert_eq!(answer(&mut before, b"b"), b"bb");
        proxy.set(Weather::Slow(1_000_000));
        comes_to(|| TcpStream::connect(proxy.near()).is_ok());
        assert_eq!(answer(&mut connect(&proxy), b"c"), b"cc");
    }

    #[test]
    fn a_server_that_is_not_there_can_come() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let far = listener.local_addr().expect("a bound port");
        drop(listener);
        let proxy = Proxy::between(0, far.port());
        assert!(rest(&mut connect(&proxy)).is_empty());
        comes_to(|| TcpStream::connect(proxy.near()).is_err());
        let _server = TcpListener::bind(far).expect("a port that was free");
        comes_to(|| TcpStream::connect(proxy.near()).is_ok());
    }

    fn comes_to(holds: impl Fn() -> bool) {
        let until = std::time::Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(std::time::Instant::now() < until, "it never holds");
            std::thread::sleep(LOOK);
        }
    }
}
