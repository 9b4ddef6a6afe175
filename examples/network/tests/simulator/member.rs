//! A place in a group, as one process knows of it.

use std::cell::RefCell;
use std::time::Duration;

use finnet_kafka::Error;
use finnet_kafka::log::Member;

use super::client::Client;
use super::faults::Port;
use super::group::Token;

/// A place in a group. What it knows of the group is as old as its last look.
pub(crate) struct Membership {
    client: Client,
    token: RefCell<Token>,
    instance: String,
}

impl Membership {
    /// Joins a group; a name that was there before has its place back.
    pub(crate) fn join(client: Client, group: &str, instance: String) -> Self {
        let world = client.world;
        let token = world.groups.borrow_mut().join(group, &instance, client.slot, world.now());
        Self { client, token: RefCell::new(token), instance }
    }

    fn rejoin(&self) {
        let Client { world, slot } = self.client;
        let group = self.token.borrow().group.clone();
        *self.token.borrow_mut() = world.groups.borrow_mut().join(&group, &self.instance, slot, world.now());
    }
}

impl Member for Membership {
    type Token = Token;

    fn owned(&self, _: Duration) -> Result<Vec<i32>, Error> {
        self.client.port(Port::Owned, &self.instance)?;
        let owned = self.client.world.groups.borrow_mut().owned(&self.token.borrow());
        if let Some((generation, owned)) = owned {
            self.token.borrow_mut().generation = generation;
            return Ok(owned);
        }
        self.client.world.count("assignment lost");
        self.client.trace(|| "hears that it was thought dead".to_owned());
        self.rejoin();
        Ok(Vec::new())
    }

    fn token(&self) -> Option<Token> {
        let world = self.client.world;
        // The client's own thread keeps the place in the group, whether or not the program asks.
        if world.dice.chance(5_000) {
            let now = world.groups.borrow().generation(&self.token.borrow());
            match now {
                Some(generation) => self.token.borrow_mut().generation = generation,
                None => self.rejoin(),
            }
        }
        Some(self.token.borrow().clone())
    }
}
