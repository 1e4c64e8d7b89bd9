"""The pages on which staff work with records, all day long: lists, one record, bulk changes,
imports, jobs and the trash."""
