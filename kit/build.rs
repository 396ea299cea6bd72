//! Hands the compiler's version and the revision on to `build::info`.
//!
//! The revision comes from the environment alone: asking git here would compile everything anew at each commit.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SEAMARK_REVISION");
    let revision = std::env::var("SEAMARK_REVISION").ok().filter(|revision| !revision.is_empty());
    println!("cargo:rustc-env=SEAMARK_REVISION={}", revision.as_deref().unwrap_or("unknown"));

    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok().and_then(|output| {
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.split_whitespace().nth(1)?.to_owned())
    });
    println!("cargo:rustc-env=SEAMARK_RUSTC={}", version.as_deref().unwrap_or("unknown"));
}
