//! Whether a key is of the workspace a run is pinned to, purely.

use crate::fault::{At, Code, Fault};

/// As many workspaces are named.
const NAMED: usize = 8;

/// What a key's workspaces say of the pinned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinned {
    /// The key is of it.
    Confirmed,
    /// It is one of so many that the key's account has.
    Among(usize),
    /// The key is of another.
    Other,
}

/// Compares the pinned workspace with those a key may be of.
pub fn pinned(workspace: u64, told: &[u64]) -> Pinned {
    match told {
        [one] if *one == workspace => Pinned::Confirmed,
        several if several.contains(&workspace) => Pinned::Among(several.len()),
        _ => Pinned::Other,
    }
}

/// The fault of a run with `keys`, one of which, the `key` key, is of other workspaces than the pinned one.
pub fn elsewhere(keys: &str, key: &str, pinned: u64, told: &[u64]) -> Fault {
    let ids: Vec<String> = told.iter().take(NAMED).map(u64::to_string).collect();
    let more = if told.len() > NAMED { ", …" } else { "" };
    let of = match told {
        [] => "of no workspace".to_string(),
        [one] => format!("of workspace {one}"),
        _ => format!("of one of the workspaces {}{more}", ids.join(", ")),
    };
    let message =
        format!("the {key} key is {of}, and this run ({keys}) may only write to workspace {pinned}");
    Fault::new(Code::WorkspaceOther, At::Call, message).label("nothing was written").help(format!(
        "use the keys of workspace {pinned}, or pin the run to the workspace that is meant: --workspace ID"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_workspace_confirms_and_only_its_absence_denies() {
        assert_eq!(pinned(7, &[7]), Pinned::Confirmed);
        assert_eq!(pinned(7, &[3, 7]), Pinned::Among(2));
        assert_eq!(pinned(7, &[3]), Pinned::Other);
        assert_eq!(pinned(7, &[3, 4]), Pinned::Other);
        assert_eq!(pinned(7, &[]), Pinned::Other);
    }

    #[test]
    fn the_fault_names_both_workspaces_and_the_keys() {
        let fault = elsewhere("profile \"staging\"", "Track", 12, &[7]);
        for words in ["the Track key is of workspace 7", "profile \"staging\"", "write to workspace 12"] {
            assert!(fault.message.contains(words), "{}", fault.message);
        }
        let many: Vec<u64> = (1..=20).collect();
        let fault = elsewhere("x", "App", 30, &many);
        assert!(fault.message.contains("workspaces 1, 2, 3, 4, 5, 6, 7, 8, …,"), "{}", fault.message);
    }
}
