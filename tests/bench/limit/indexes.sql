CREATE INDEX company_industry_revenue ON company (industry, revenue DESC);
CREATE INDEX company_name_trigrams ON company USING gin (name gin_trgm_ops);
CREATE INDEX company_history_company ON company_history (company_id, id);
