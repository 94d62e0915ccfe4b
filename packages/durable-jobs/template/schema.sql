create table if not exists invoices (
  id uuid primary key,
  customer text not null,
  amount_minor bigint not null check (amount_minor > 0),
  paid boolean not null default false,
  reminded_at timestamptz,
  created_at timestamptz not null default now()
);
