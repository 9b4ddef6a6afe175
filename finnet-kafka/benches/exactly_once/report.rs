//! Figures as text: medians with their spread, ratios of pairs, and memory over a stream.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::program::Sample;

/// Lines of a plot.
const POINTS: usize = 20;
/// The widest bar of a plot.
const WIDTH: f64 = 50.0;

/// What was measured: closes a second on the clock, and nanoseconds of processor time a close.
pub(crate) struct Rates {
    closes: f64,
    all: BTreeMap<&'static str, Vec<(f64, f64)>>,
    /// Milliseconds from one commit to the next.
    slices: BTreeMap<&'static str, Vec<f64>>,
}

impl Rates {
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    pub(crate) fn new(closes: usize) -> Self {
        Self { closes: closes as f64, all: BTreeMap::new(), slices: BTreeMap::new() }
    }

    pub(crate) fn note(&mut self, what: &'static str, time: Duration, cpu_ms: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let cpu = cpu_ms as f64 * 1e6 / self.closes;
        self.all.entry(what).or_default().push((self.closes / time.as_secs_f64(), cpu));
    }

    /// Notes a child's run from its first commit to its last: a client without transactions connects after it is open.
    pub(crate) fn note_run(&mut self, what: &'static str, samples: &[Sample]) {
        if let [_, first, .., last] = samples {
            #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
            let closes = (last.closes - first.closes) as f64;
            let cpu = (last.cpu_ms - first.cpu_ms) * 1e6 / closes;
            self.all.entry(what).or_default().push((closes * 1e3 / (last.ms - first.ms), cpu));
        }
        let commits = samples.get(1..).unwrap_or_default();
        self.slices.entry(what).or_default().extend(commits.windows(2).map(|pair| pair[1].ms - pair[0].ms));
    }

    /// Prints pairs: ours, its peer, and the median of the ratios of each turn.
    pub(crate) fn print(&self, pairs: &[(&str, &str)]) {
        for (ours, peer) in pairs {
            let (Some(of_ours), Some(of_peer)) = (self.all.get(ours), self.all.get(peer)) else { continue };
            for (what, all) in [(ours, of_ours), (peer, of_peer)] {
                let rates: Vec<_> = all.iter().map(|(rate, _)| *rate).collect();
                let low = rates.iter().copied().fold(f64::MAX, f64::min);
                let high = rates.iter().copied().fold(0.0, f64::max);
                let cpu = median(all.iter().map(|(_, cpu)| *cpu));
                let rate = median(rates.iter().copied());
                println!("{what:<24} {rate:>9.0} closes/s ({low:.0} to {high:.0}), processor {cpu:>5.0} ns a close");
                if let Some(slices) = self.slices.get(*what) {
                    println!("{:<24} {:>9.1} ms from commit to commit", "", median(slices.iter().copied()));
                }
            }
            let pairs = || of_ours.iter().zip(of_peer);
            let rate = median(pairs().map(|(ours, peer)| ours.0 / peer.0));
            let cpu = median(pairs().map(|(ours, peer)| ours.1 / peer.1));
            println!("{ours} / {peer} = {rate:.2} of the rate, {cpu:.2} of the processor time");
        }
    }
}

/// Prints resident memory over a stream.
pub(crate) fn memory(how: &str, samples: &[Sample]) {
    let Some(last) = samples.last() else { return };
    let most = samples.iter().map(|sample| sample.rss_kib).fold(0.0, f64::max);
    println!("resident memory of the investor, {how}:");
    let from = |tenths: usize| samples.iter().filter(move |sample| sample.closes * 10 >= last.closes * tenths);
    for point in 1..=POINTS {
        let Some(at) = samples.iter().find(|sample| sample.closes * POINTS >= last.closes * point) else { continue };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the width")]
        let width = (at.rss_kib / most * WIDTH) as usize;
        println!("{:>9} closes {:>6.1} MiB {}", at.closes, at.rss_kib / 1024.0, "#".repeat(width));
    }
    let tenth = from(1).next().map_or(0.0, |sample| sample.rss_kib);
    let end = from(9).map(|sample| sample.rss_kib).fold(0.0, f64::max);
    println!(
        "at one tenth {:.1} MiB, largest in the last tenth {:.1} MiB: {:.2}; largest of all {:.1} MiB",
        tenth / 1024.0,
        end / 1024.0,
        end / tenth,
        most / 1024.0
    );
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
