//! TCP ports of the loopback interface that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which Linux and macOS take the near ends of outgoing connections: a port found free here is
/// not gone a moment later because some program connected to somewhere.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Returns `N` different free ports.
///
/// The search starts at a place of this process's own, so that two that start together do not find the same.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], String> {
    let start = std::process::id().wrapping_mul(97);
    let free = (0..u32::from(COUNT))
        .map(|offset| FIRST + u16::try_from(start.wrapping_add(offset) % u32::from(COUNT)).expect("below 12,000"))
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    let ports: Vec<u16> = free.take(N).collect();
    ports.try_into().map_err(|found: Vec<u16>| format!("found {} free ports of 127.0.0.1, not {N}", found.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_found_again() {
        let [first] = free_ports().unwrap();
        let _in_use = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let [second, third] = free_ports().unwrap();
        assert!(first != second && second != third && first != third);
    }
}
