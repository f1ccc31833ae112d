//! Every URL of the product, with the permission that it needs.
