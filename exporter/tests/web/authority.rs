//! Certificates of our own making, in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};

/// An authority, and what it has signed.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes its own certificate.
    pub fn write(&self, file: &Path) -> PathBuf {
        fs::write(file, self.0.pem()).unwrap();
        file.to_owned()
    }

    /// Writes a new certificate and its key: `NAME.crt` and `NAME.key`.
    pub fn sign(&self, folder: &Path, name: &str) -> [PathBuf; 2] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost", "127.0.0.1"].map(str::to_owned)).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let signed = params.signed_by(&key, &self.0).unwrap();
        let files = [folder.join(format!("{name}.crt")), folder.join(format!("{name}.key"))];
        // The key first, and each at once: whoever reads in between finds a pair that does not match, and the old stays.
        for (file, text) in files.iter().zip([signed.pem(), key.serialize_pem()]).rev() {
            let beside = file.with_extension("new");
            fs::write(&beside, text).unwrap();
            fs::rename(&beside, file).unwrap();
        }
        files
    }
}
