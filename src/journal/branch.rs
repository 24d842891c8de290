//! Branches: lines of calls, one after the other. The script's main line is one, and each item that
//! `parallel` takes up has one of its own, so that calls are named alike whichever thread comes first.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::CallPath;

/// A line of calls.
#[derive(Debug, Default)]
pub struct Branch {
    /// The numbers that lead to it, outermost first; empty for the main line.
    way: Vec<u64>,
    around: Option<Arc<Branch>>,
    calls: AtomicU64,
    unrepeatable: AtomicU64,
}

thread_local! {
    static CURRENT: RefCell<Arc<Branch>> = RefCell::default();
}

impl Branch {
    /// A branch beside all others, for calls that the script doesn't make: no call has the number 0.
    pub fn aside() -> Arc<Branch> {
        Arc::new(Branch { way: vec![0], ..Branch::default() })
    }

    /// The branches that a call opens in the one this thread works on: the call counts as one of it.
    pub fn opening() -> Opening {
        CURRENT.with_borrow(|current| Opening { number: current.next(), around: current.clone() })
    }

    fn next(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A call that opens branches.
pub struct Opening {
    number: u64,
    around: Arc<Branch>,
}

impl Opening {
    /// The branch with this index.
    pub fn branch(&self, index: u64) -> Arc<Branch> {
        let way = [&self.around.way[..], &[self.number, index]].concat();
        Arc::new(Branch { way, around: Some(self.around.clone()), ..Branch::default() })
    }
}

/// While it lives, this thread works on a branch; then on the one before.
pub struct Entered {
    before: Arc<Branch>,
}

/// Makes `branch` the one that this thread works on.
pub fn enter(branch: Arc<Branch>) -> Entered {
    Entered { before: CURRENT.replace(branch) }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(std::mem::take(&mut self.before));
    }
}

/// The path of the next call on this thread.
pub fn next_path() -> CallPath {
    CURRENT.with_borrow(|current| CallPath { branches: current.way.clone(), number: current.next() })
}

/// Counts a write that mustn't be made again, for the branch this thread works on and all around it.
pub fn mark() {
    CURRENT.with_borrow(|current| {
        let mut branch = Some(current);
        while let Some(marked) = branch {
            marked.unrepeatable.fetch_add(1, Ordering::Relaxed);
            branch = marked.around.as_ref();
        }
    });
}

/// How many such writes the branch that this thread works on made, with those that it opened.
pub fn unrepeatable() -> u64 {
    CURRENT.with_borrow(|current| current.unrepeatable.load(Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> (Vec<u64>, u64) {
        let CallPath { branches, number } = next_path();
        (branches, number)
    }

    #[test]
    fn a_call_is_numbered_in_its_branch() {
        let _main = enter(Arc::default());
        assert_eq!(path(), (vec![], 1));
        let opening = Branch::opening();
        for index in [4, 5] {
            let _branch = enter(opening.branch(index));
            assert_eq!(path(), (vec![2, index], 1));
            let inner = Branch::opening();
            {
                let _inner = enter(inner.branch(0));
                assert_eq!(path(), (vec![2, index, 2, 0], 1));
            }
            assert_eq!(path(), (vec![2, index], 3));
        }
        assert_eq!(path(), (vec![], 3), "what branches do doesn't count where they were opened");
    }

    #[test]
    fn a_branch_counts_its_own_writes_and_the_one_around_those_of_all() {
        let _main = enter(Arc::default());
        mark();
        let opening = Branch::opening();
        for index in 0..2 {
            let _branch = enter(opening.branch(index));
            mark();
            let inner = Branch::opening();
            let inner = enter(inner.branch(0));
            mark();
            drop(inner);
            assert_eq!(unrepeatable(), 2);
        }
        assert_eq!(unrepeatable(), 5);
    }
}
