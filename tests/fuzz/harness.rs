//! Runs a reader on one made-up input after the other, and watches what it takes.
//!
//! No coverage is measured: the inputs come from a seeded generator, so that execution N of a target is the same input on
//! every machine and `FUZZ_FROM=N FUZZ_EXECUTIONS=1 cargo test --release --test fuzz NAME` repeats it.

use crate::allocator::{HELD, PEAK};
use crate::mutate::Random;
use rand::SeedableRng;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// What an input of any size may take: tables and patterns that are made once, when they are first needed.
const BASE_BYTES: usize = 32 << 20;
/// What it may take for each of its bytes. A row of two empty cells is two bytes in the file and some hundred in memory.
const BYTES_PER_BYTE: usize = 200;
/// The longest that 100 kB may take, and the least that is measured.
const LIMIT: Duration = Duration::from_secs(1);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value}: no number")))
}

/// Makes files by `make` and hands them to `read`, for FUZZ_SECONDS (2) or FUZZ_EXECUTIONS. `read` says whether it took
/// them; a panic, a wait or an allocation out of proportion fails the test, and the files are written to `target/tmp/fuzz/`.
pub fn fuzz(name: &str, make: impl Fn(&mut Random) -> Vec<Vec<u8>>, read: impl Fn(&[Vec<u8>], &mut Random) -> bool) {
    let executions = setting("FUZZ_EXECUTIONS", u64::MAX);
    let seconds = if executions == u64::MAX { setting("FUZZ_SECONDS", 2) } else { u64::MAX };
    let (seed, from) = (setting("FUZZ_SEED", 1), setting("FUZZ_FROM", 0));
    let began = Instant::now();
    let (mut taken, mut slowest, mut largest) = (0_u64, Duration::ZERO, 0.0_f64);
    let mut index = from;
    while index - from < executions && began.elapsed().as_secs() < seconds {
        let mut random = Random::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index);
        let files = make(&mut random);
        let fault = |what: String| -> ! {
            let place = save(name, index, &files);
            panic!("{name}, execution {index} of seed {seed}: {what}; its files are {place}");
        };
        let size: usize = files.iter().map(Vec::len).sum();
        let allowed = LIMIT.mul_f64((size as f64 / 1e5).max(1.0));
        let before = HELD.get();
        PEAK.set(before);
        let start = worked();
        match catch_unwind(AssertUnwindSafe(|| read(&files, &mut random))) {
            Ok(was_taken) => taken += u64::from(was_taken),
            Err(panic) => {
                eprintln!("{name}, execution {index} of seed {seed}: its files are {}", save(name, index, &files));
                resume_unwind(panic);
            }
        }
        let took = worked() - start;
        let held = (PEAK.get() - before) as usize;
        largest = largest.max(held.saturating_sub(BASE_BYTES) as f64 / size.max(1) as f64);
        if held > BASE_BYTES + BYTES_PER_BYTE * size {
            fault(format!("{held} bytes held for an input of {size}"));
        }
        if took > allowed {
            fault(format!("{took:?} of processor time for an input of {size} bytes"));
        }
        slowest = slowest.max(took);
        index += 1;
    }
    // A reader that refuses everything would be tried at its door alone.
    assert!(taken > 0 || index - from < 1000, "{name}: none of {} inputs was taken", index - from);
    println!(
        "{name}: {} executions, {taken} taken, slowest {slowest:.1?}, at most {largest:.0} bytes held per byte beyond {} MiB",
        index - from,
        BASE_BYTES >> 20
    );
}

/// The processor time of this thread, since a busy machine may stop it for longer than any limit; where the system does not
/// say, the time of day.
fn worked() -> Duration {
    thread_local!(static START: Instant = Instant::now());
    let said = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanoseconds = said.ok().and_then(|it| it.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.with(Instant::elapsed), Duration::from_nanos)
}

fn save(name: &str, index: u64, files: &[Vec<u8>]) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    let stem = folder.join(format!("{name}-{index}"));
    std::fs::create_dir_all(&folder).unwrap();
    for (number, file) in files.iter().enumerate() {
        std::fs::write(format!("{}.{number}", stem.display()), file).unwrap();
    }
    format!("{}.*", stem.display())
}
