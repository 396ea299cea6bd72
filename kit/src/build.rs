//! What was built, from what.

use crate::exposition::Exposition;

/// The version of all Seamark programs.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit, where whoever built it said so (`SEAMARK_REVISION`); otherwise `unknown`.
pub const REVISION: &str = env!("SEAMARK_REVISION");
/// The compiler's version.
pub const RUSTC: &str = env!("SEAMARK_RUSTC");

/// One line for `--version`.
pub fn version_line() -> String {
    format!("{VERSION} (revision {REVISION}, rustc {RUSTC})")
}

/// Adds the build info family under its whole name, such as `seamark_exporter_build_info`.
pub fn expose(name: &'static str, out: &mut Exposition) {
    let labels = [("version", VERSION), ("revision", REVISION), ("rustversion", RUSTC)];
    out.gauge(name, "Always 1; its labels say what was built, from what.").push(&labels, true);
}
