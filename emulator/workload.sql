-- Demo data of a water company, with each kind of object that the telemetry report counts.
-- Deterministic: counts and row estimates are the same on every server.

-- plain tables, one of them with values that are stored out of line
create table valve (valve_id int primary key, street text, remarks text);
insert into valve select v, 'street ' || v, repeat('r', 200) from generate_series(1, 1000) v;
create table manual (manual_id int primary key, pages text);
insert into manual select m, (select string_agg(md5(m::text || p::text), '') from generate_series(1, 400) p) from generate_series(1, 20) m;

-- views and a materialized view
create view valve_street as select valve_id, street from valve;
create view valve_total as select count(*) as total from valve;
create materialized view valve_by_street_prefix as select left(street, 7) as prefix, count(*) as total from valve group by 1;

-- a partitioned table with a sub-partitioned partition
create table inspection (district int not null, inspected_at timestamptz not null, score float) partition by list (district);
create table inspection_north partition of inspection for values in (1);
create table inspection_south partition of inspection for values in (2) partition by range (inspected_at);
create table inspection_south_2024 partition of inspection_south for values from ('2024-01-01') to ('2025-01-01');
insert into inspection select 1 + i % 2, timestamptz '2024-03-01' + i * interval '1 minute', i from generate_series(1, 500) i;

-- hypertables: a plain one, one with compressed chunks, one with an integer time column
create table flow (measured_at timestamptz not null, pump int not null, litres float);
select create_hypertable('flow', 'measured_at', chunk_time_interval => interval '1 day');
insert into flow select timestamptz '2024-01-01' + i * interval '10 minutes', i % 10, i % 37 from generate_series(0, 1439) i;

create table pressure (measured_at timestamptz not null, pump int not null, bar float, note text);
select create_hypertable('pressure', 'measured_at', chunk_time_interval => interval '1 day');
alter table pressure set (timescaledb.compress, timescaledb.compress_segmentby = 'pump');
insert into pressure select timestamptz '2024-01-01' + i * interval '5 minutes', i % 5, i, 'note ' || i % 3 from generate_series(0, 2879) i;
select count(compress_chunk(c)) from show_chunks('pressure', older_than => timestamptz '2024-01-07') c;

create table alarm (at_tick bigint not null, severity text);
select create_hypertable('alarm', 'at_tick', chunk_time_interval => 1000);
insert into alarm select i, 'severity ' || i % 4 from generate_series(0, 4999) i;

-- continuous aggregates: one real-time, one materialized only, one on top of another
create materialized view flow_hourly with (timescaledb.continuous, timescaledb.materialized_only = false) as
  select time_bucket('1 hour', measured_at) as hour, pump, avg(litres) as litres from flow group by 1, 2 with no data;
create materialized view pressure_hourly with (timescaledb.continuous, timescaledb.materialized_only = true) as
  select time_bucket('1 hour', measured_at) as hour, pump, avg(bar) as bar from pressure group by 1, 2 with no data;
create materialized view flow_daily with (timescaledb.continuous, timescaledb.materialized_only = true) as
  select time_bucket('1 day', hour) as day, pump, avg(litres) as litres from flow_hourly group by 1, 2 with no data;
call refresh_continuous_aggregate('flow_hourly', null, null);
call refresh_continuous_aggregate('pressure_hourly', null, null);
call refresh_continuous_aggregate('flow_daily', null, null);

-- policies and user-defined actions
select add_retention_policy('flow', interval '100 years');
select add_compression_policy('pressure', interval '100 years');
select add_continuous_aggregate_policy('flow_hourly', interval '1 month', interval '1 hour', interval '1 hour');
select add_reorder_policy('flow', 'flow_measured_at_idx');
create procedure close_old_alarms(job_id int, config jsonb) language plpgsql as $$ begin perform 1; end $$;
create procedure mail_summary(job_id int, config jsonb) language plpgsql as $$ begin raise exception 'no mail server'; end $$;
select add_job('close_old_alarms', interval '100 years', scheduled => false);
select add_job('mail_summary', interval '100 years', scheduled => false);

-- metadata with and without include_in_telemetry
insert into _timescaledb_catalog.metadata (key, value, include_in_telemetry) values ('deployment', 'demonstration', true), ('cost_centre', 'water-7421', false);

vacuum analyze;
