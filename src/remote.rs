//! SSH and nothing else: saying to a server what `commands` composed.
