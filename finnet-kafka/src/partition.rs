//! Which partition a key belongs to: murmur2, as Java and Python clients hash.
//!
//! librdkafka's default partitioner differs, and a stock that two producers send to two partitions loses its order.
//! All producers here use `murmur2_random`; this is the same function for those who must know it beforehand.

/// Returns the partition of a key among `partitions`, as Java's default partitioner does.
///
/// # Panics
///
/// Where there are no partitions.
pub fn of_key(key: &[u8], partitions: i32) -> i32 {
    assert!(partitions > 0, "a topic has partitions");
    (murmur2(key) & 0x7FFF_FFFF).cast_signed() % partitions
}

/// MurmurHash2 by Austin Appleby, 32 bits, with the seed of Kafka's Java client.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5BD1_E995;
    let length = u32::try_from(data.len()).expect("a key is below 4 GiB");
    let (words, tail) = data.as_chunks::<4>();
    let mut hash = words.iter().fold(0x9747_B28C ^ length, |hash, word| {
        let k = u32::from_le_bytes(*word).wrapping_mul(M);
        hash.wrapping_mul(M) ^ (k ^ k >> 24).wrapping_mul(M)
    });
    if !tail.is_empty() {
        hash ^= tail.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Apache Kafka's own cases, `UtilsTest.testMurmur2`.
    #[test]
    fn hashes_are_those_of_kafka() {
        let cases: [(&[u8], i32); 7] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
            (b"", 275_646_681),
        ];
        for (key, hash) in cases {
            assert_eq!(murmur2(key).cast_signed(), hash, "{}", String::from_utf8_lossy(key));
        }
    }
}
