//! The names of everything that a probe tells. Those that begin with `probe_` are blackbox_exporter's, with its meaning.

/// A family of gauges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// The whole name.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($(#[$note:meta])* $id:ident $name:literal $help:literal;)*) => {
        $($(#[$note])* #[doc = $help] pub const $id: Metric = Metric { name: $name, help: $help };)*
        /// All of them.
        pub const ALL: &[Metric] = &[$($id),*];
    };
}

metrics! {
    SUCCESS "probe_success" "Whether the probe found what it looks for.";
    DURATION "probe_duration_seconds" "How long the probe took.";
    DNS_LOOKUP "probe_dns_lookup_time_seconds" "How long it took to look up the address of the target.";
    IP_PROTOCOL "probe_ip_protocol" "The version of the Internet protocol that was used: 4 or 6.";
    IP_ADDR_HASH "probe_ip_addr_hash" "A hash of the address of the target: it changes when the address does.";
    FAILED_DUE_TO_REGEX "probe_failed_due_to_regex" "Whether the probe failed because of a regular expression.";
    HTTP_STATUS_CODE "probe_http_status_code" "The status of the last answer; 0 where there was none.";
    HTTP_DURATION "probe_http_duration_seconds" "How long each phase of the request took, summed over all redirects.";
    HTTP_CONTENT_LENGTH "probe_http_content_length" "The length of the body as the answer announces it; -1 where it does not.";
    HTTP_UNCOMPRESSED_BODY_LENGTH "probe_http_uncompressed_body_length" "The length of the body as it was read, in bytes.";
    HTTP_REDIRECTS "probe_http_redirects" "How many redirects were followed.";
    HTTP_SSL "probe_http_ssl" "Whether the last answer came over TLS.";
    HTTP_VERSION "probe_http_version" "The version of HTTP of the last answer.";
    HTTP_LAST_MODIFIED "probe_http_last_modified_timestamp_seconds" "What the header Last-Modified says, in seconds since 1970.";
    SSL_EARLIEST_EXPIRY "probe_ssl_earliest_cert_expiry" "When the first of the certificates that were shown expires, in seconds since 1970.";
    SSL_CHAIN_EXPIRY "probe_ssl_last_chain_expiry_timestamp_seconds" "When the chain from the certificate to a trusted authority expires, in seconds since 1970.";
    SSL_CHAIN_INFO "probe_ssl_last_chain_info" "The certificate of the target; its value is 1.";
    TLS_VERSION_INFO "probe_tls_version_info" "The version of TLS that was used; its value is 1.";
    TLS_CIPHER_INFO "probe_tls_cipher_info" "The cipher suite that was used; its value is 1.";
    DNS_DURATION "probe_dns_duration_seconds" "How long each phase of the DNS query took.";
    DNS_ANSWER_RRS "probe_dns_answer_rrs" "Records in the answer section.";
    DNS_AUTHORITY_RRS "probe_dns_authority_rrs" "Records in the authority section.";
    DNS_ADDITIONAL_RRS "probe_dns_additional_rrs" "Records in the additional section.";
    DNS_QUERY_SUCCEEDED "probe_dns_query_succeeded" "Whether the server answered the query, whatever it said.";
    DNS_SERIAL "probe_dns_serial" "The serial number of the zone, of a query for its SOA record.";
    AUTHENTICATION_REQUIRED "seamark_probe_authentication_required" "Whether the server is there but wants credentials that the probe does not have.";
}
