"""Statement against usage: cells of days and keys, and what each difference is due to."""
