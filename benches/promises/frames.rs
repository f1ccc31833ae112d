//! What a server with 2 cores, a disk and 2 interfaces prints.

/// Its answer in its `second`.
pub(crate) fn frame(second: u64) -> Vec<u8> {
    let (busy, idle, bytes) = (40 * second, 160 * second, 100_000 * second);
    format!(
        "u {}.25\nl 0.52 0.48 0.40\nc {busy} 0 {busy} {idle} 3 0 7 0\nc {busy} 0 1 {idle} 3 0 7 0\nc 1 0 {busy} {idle} 0 0 0 0\n\
         m 4028440 182736 2941820 120880 2513440 2097148 2010000 88000 301000\n\
         d vda {busy} {bytes} 812 {busy} {bytes} 9120 {busy}\n\
         n eth0 {bytes} 0 0 {bytes} 0 0\nn eth1 {bytes} 0 0 {bytes} 0 0\nFRAME_END\n",
        1_000 + second
    )
    .into_bytes()
}
