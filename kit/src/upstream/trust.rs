//! Whom a client trusts where the system names nobody.

use std::sync::Once;

use reqwest::{Client, ClientBuilder};
use tracing::warn;

use super::cause;

/// Finishes a client. Without certificate authorities, as on a bare Debian, it trusts nobody and says so once, instead of
/// not being there at all: most of what we ask is asked over plain HTTP.
///
/// # Errors
///
/// What `make` says, and what is wrong with what it makes.
pub fn build(make: impl Fn() -> Result<ClientBuilder, String>) -> Result<Client, String> {
    static TOLD: Once = Once::new();
    make()?.build().or_else(|error| {
        let client = make()?.tls_certs_only([]).build().map_err(|error| cause(&error))?;
        let error = cause(&error);
        TOLD.call_once(|| {
            warn!(%error, "no server will be trusted over https, because the certificate authorities of this system cannot be \
                   read: {error}. Install the package `ca-certificates`, then restart");
        });
        Ok(client)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_wrong_fail_whomever_one_trusts() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        assert_eq!(build(|| Err("no such file".to_owned())).unwrap_err(), "no such file");
        let wrong = build(|| Ok(Client::builder().user_agent("line\nbreak"))).unwrap_err();
        assert!(!wrong.is_empty());
    }
}
