//! A value that is not negative, in 16 bits: six of exponent, ten of mantissa. Pure.
//!
//! What is drawn from the ring is a few hundred pixels high, so a step of 0.1 % is not seen; the latest value is exact.

/// Nobody measured it.
pub(super) const GAP: u16 = u16::MAX;

/// Exponents of f32 below this one (2⁻¹¹) are taken for zero.
const LOWEST: u32 = 116 << 10;

/// The nearest value that fits, from 0.001 to 8·10¹⁵; 0 below.
pub(super) fn compact(value: f32) -> u16 {
    if value.is_nan() || value <= 0.0 {
        return 0;
    }
    // Adding half of what is cut off rounds; a carry moves into the exponent, which is just right.
    let kept = value.to_bits().saturating_add(1 << 12) >> 13;
    match u16::try_from(kept.saturating_sub(LOWEST)) {
        Ok(GAP) | Err(_) => GAP - 1,
        Ok(small) if small < 1 << 10 => 0,
        Ok(code) => code,
    }
}

/// The value of a code, none for a gap.
pub(super) fn expand(code: u16) -> Option<f32> {
    match code {
        GAP => None,
        0 => Some(0.0),
        code => Some(f32::from_bits((u32::from(code) + LOWEST) << 13)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_of_the_range_hold() {
        assert_eq!(expand(compact(0.0)), Some(0.0));
        assert_eq!(expand(compact(0.0001)), Some(0.0));
        assert_eq!(expand(compact(-3.0)), Some(0.0));
        assert_eq!(expand(compact(100.0)), Some(100.0));
        assert!(expand(compact(f32::MAX)).is_some_and(|value| value > 8e15));
        assert_eq!(expand(GAP), None);
    }

    proptest! {
        #[test]
        fn a_value_comes_back_within_a_tenth_of_a_percent(value in 0.001_f32..8e15) {
            let back = expand(compact(value)).unwrap();
            prop_assert!((back - value).abs() <= value * 0.0005, "{value} became {back}");
        }
    }
}
