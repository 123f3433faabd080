"""The numbers of each screen: `metrics/<topic>.py`, one public function per number, each a query over the prepared snapshot."""
