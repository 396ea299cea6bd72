//! gzip, piece by piece (RFC 1952).
//!
//! The compressor's tables are a third of a megabyte. To take, clear and give them back cost more than to compress a
//! scrape without containers: those that are not in use are kept.

use std::io;
use std::sync::{Mutex, PoisonError};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// A twentieth of a scrape's text is left; a third less of it would cost more than twice the time.
const LEVEL: Compression = Compression::fast();
/// No name, no time, no comment; compressed at the quickest level, on some system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/// Bytes for which there is room at least, whenever the compressor is asked.
const ROOM: usize = 16 * 1024;

static KEPT: Mutex<Option<Compress>> = Mutex::new(None);

/// A text that is compressed while it is written.
pub(super) struct Packer {
    compressor: Compress,
    sum: Crc,
    out: Vec<u8>,
}

impl Packer {
    pub fn new() -> Self {
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut compressor = kept.unwrap_or_else(|| Compress::new(LEVEL, false));
        compressor.reset();
        Self { compressor, sum: Crc::new(), out: HEAD.into() }
    }

    /// # Errors
    ///
    /// Never: it writes into memory.
    pub fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.sum.update(text);
        self.pack(text, FlushCompress::None)
    }

    /// # Errors
    ///
    /// Never: it writes into memory.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        self.pack(&[], FlushCompress::Finish)?;
        self.out.extend(self.sum.sum().to_le_bytes());
        self.out.extend(self.sum.amount().to_le_bytes());
        *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.compressor);
        Ok(self.out)
    }

    fn pack(&mut self, mut text: &[u8], flush: FlushCompress) -> io::Result<()> {
        loop {
            self.out.reserve(ROOM);
            let before = self.compressor.total_in();
            let status = self.compressor.compress_vec(text, &mut self.out, flush)?;
            let taken = usize::try_from(self.compressor.total_in() - before).unwrap_or(usize::MAX);
            text = text.get(taken..).unwrap_or_default();
            let done = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                _ => text.is_empty(),
            };
            if done {
                return Ok(());
            }
        }
    }
}
