CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE company (
    id bigserial PRIMARY KEY,
    name text,
    legal_name text,
    street text,
    city text,
    country text,
    phone text,
    website text,
    description text,
    employees integer,
    revenue double precision,
    founded_year integer,
    score integer,
    signed_on date,
    contacted_on date,
    is_customer boolean,
    is_partner boolean,
    segment text,
    industry text,
    email text UNIQUE,
    attributes text
);

CREATE TABLE company_history (
    id bigserial PRIMARY KEY,
    company_id bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    member_id bigint NOT NULL DEFAULT 1,
    action text NOT NULL,
    old jsonb,
    new jsonb
);
