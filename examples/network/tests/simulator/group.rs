//! A model of Kafka's consumer groups: members, generations, and who owns which partition.
//!
//! A partition moves only once its owner has given it up, which it does when it asks what it owns; or when its owner is
//! thought dead, which it may hear of late.

use std::collections::BTreeMap;

use super::dice::Dice;

/// For how many ticks a member may be silent.
pub(crate) const SESSION: u64 = 25;

/// Who writes: a member, and the generation it knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) group: String,
    pub(crate) seat: u64,
    pub(crate) generation: u32,
}

#[derive(Debug)]
struct Seat {
    id: u64,
    name: String,
    slot: usize,
    seen: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    owner: Option<u64>,
    /// Who is to have it once its owner has given it up.
    promised: Option<u64>,
}

#[derive(Debug, Default)]
struct Group {
    seats: Vec<Seat>,
    generation: u32,
    places: Vec<Place>,
}

/// All groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: BTreeMap<String, Group>,
    /// How many seats were ever taken.
    seats: u64,
}

impl Groups {
    pub(crate) fn make(&mut self, group: &str, partitions: i32) {
        let places = vec![Place::default(); usize::try_from(partitions).expect("a few")];
        self.groups.insert(group.to_owned(), Group { places, ..Group::default() });
    }

    /// Joins; who had this name before has lost its seat, and what was its is the newcomer's.
    pub(crate) fn join(&mut self, name: &str, instance: &str, slot: usize, now: u64) -> Token {
        self.seats += 1;
        let id = self.seats;
        let group = self.groups.get_mut(name).expect("a group");
        let seat = Seat { id, name: instance.to_owned(), slot, seen: now };
        if let Some(old) = group.seats.iter_mut().find(|seat| seat.name == instance) {
            let old = std::mem::replace(old, seat).id;
            for place in &mut group.places {
                place.owner = place.owner.map(|owner| if owner == old { id } else { owner });
                place.promised = place.promised.map(|owner| if owner == old { id } else { owner });
            }
        } else {
            group.seats.push(seat);
            group.generation += 1;
            group.balance();
        }
        Token { group: name.to_owned(), seat: id, generation: group.generation }
    }

    /// Returns the generation, and the partitions that this seat owns, having given up what it is to give up; `None`
    /// where it has lost its seat.
    pub(crate) fn owned(&mut self, token: &Token) -> Option<(u32, Vec<i32>)> {
        let group = self.groups.get_mut(&token.group).expect("a group");
        group.seats.iter().find(|seat| seat.id == token.seat)?;
        for place in group.places.iter_mut().filter(|place| place.owner == Some(token.seat)) {
            if let Some(next) = place.promised.take() {
                place.owner = Some(next);
                group.generation += 1;
            }
        }
        group.balance();
        let owned = (0..).zip(&group.places).filter(|(_, place)| place.owner == Some(token.seat));
        Some((group.generation, owned.map(|(partition, _)| partition).collect()))
    }

    /// Returns the present generation, `None` where the seat is lost.
    pub(crate) fn generation(&self, token: &Token) -> Option<u32> {
        let group = &self.groups[&token.group];
        group.seats.iter().any(|seat| seat.id == token.seat).then_some(group.generation)
    }

    /// Returns whether offsets may be committed with this token.
    pub(crate) fn is_current(&self, token: &Token) -> bool {
        self.generation(token) == Some(token.generation)
    }

    /// Lets time pass: who is silent for too long loses its seat. Returns how many did.
    pub(crate) fn tick(&mut self, now: u64, is_alive: impl Fn(usize) -> bool) -> usize {
        let mut lost = 0;
        for group in self.groups.values_mut() {
            let seats: Vec<_> = group.seats.iter().map(|seat| (seat.slot, seat.id)).collect();
            // A process that is in its next life under another name does not speak for the one that is gone.
            let is_last = |seat: &Seat| !seats.iter().any(|&(slot, id)| slot == seat.slot && id > seat.id);
            let speaks = |seat: &Seat| is_alive(seat.slot) && is_last(seat);
            group.seats.iter_mut().filter(|seat| speaks(seat)).for_each(|seat| seat.seen = now);
            let before = group.seats.len();
            group.seats.retain(|seat| now.saturating_sub(seat.seen) <= SESSION);
            if group.seats.len() < before {
                lost += before - group.seats.len();
                group.generation += 1;
                group.balance();
            }
        }
        lost
    }

    /// Has some group move a partition to somebody.
    pub(crate) fn rebalance(&mut self, dice: &Dice) {
        let groups: Vec<_> = self.groups.values_mut().filter(|group| !group.seats.is_empty()).collect();
        let many = groups.len();
        if let Some(group) = groups.into_iter().nth(dice.below(many.max(1))) {
            let (place, seat) = (dice.below(group.places.len()), dice.below(group.seats.len()));
            group.places[place].promised = Some(group.seats[seat].id);
        }
    }
}

impl Group {
    /// Gives what nobody owns to those with the least, and promises them what others have too much of.
    fn balance(&mut self) {
        let seats: Vec<u64> = self.seats.iter().map(|seat| seat.id).collect();
        for place in &mut self.places {
            place.owner = place.owner.filter(|owner| seats.contains(owner));
            place.promised = place.promised.filter(|next| seats.contains(next) && place.owner != Some(*next));
        }
        let count = |places: &[Place], seat: u64| {
            places.iter().filter(|place| place.promised.or(place.owner) == Some(seat)).count()
        };
        let poorest = |places: &[Place]| seats.iter().copied().min_by_key(|&seat| count(places, seat));
        for at in 0..self.places.len() {
            if self.places[at].owner.is_none() {
                self.places[at].promised = None;
                self.places[at].owner = poorest(&self.places);
            }
        }
        for at in 0..self.places.len() {
            let Place { owner: Some(owner), promised: None } = self.places[at] else { continue };
            if let Some(poor) = poorest(&self.places)
                && count(&self.places, owner) > count(&self.places, poor) + 1
            {
                self.places[at].promised = Some(poor);
            }
        }
    }
}
