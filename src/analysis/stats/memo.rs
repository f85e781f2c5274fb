//! What was computed before: after every run the same numbers are asked for again, but for those of its own comparisons.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::thread::LocalKey;

/// Values of a pure function by its arguments, of this thread. They are as many as an experiment has comparisons times runs, at most.
pub(super) type Memo<K, V> = RefCell<HashMap<K, V>>;

/// The value for `key`, found once.
pub(super) fn memoized<K: Hash + Eq, V: Copy>(
    memo: &'static LocalKey<Memo<K, V>>,
    key: K,
    find: impl FnOnce() -> V,
) -> V {
    if let Some(known) = memo.with_borrow(|memo| memo.get(&key).copied()) {
        return known;
    }
    let found = find();
    memo.with_borrow_mut(|memo| memo.insert(key, found));
    found
}
