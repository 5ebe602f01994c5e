locals {
  tags = {
    environment = var.environment
    project     = "timescaledb-telemetry"
  }

  # The same names as with CDK: send-report computes them, too.
  name_hash = sha256("${var.environment}\n${var.database}")
  readable  = substr(replace("${var.environment}-${var.database}", "/[^A-Za-z0-9_-]/", "-"), 0, 28)

  # The same times as with CDK: minute and first hour come from a hash, so that databases are spread over time.
  tick_hash  = sha256("tick\n${var.environment}\n${var.database}")
  first_hour = parseint(substr(local.tick_hash, 8, 8), 16) % var.tick_hours
  tick_of_day = [
    for hour in range(local.first_hour, 24, var.tick_hours) : tostring(hour)
  ]

  placeholders = {
    partition                    = data.aws_partition.current.partition
    dns_suffix                   = data.aws_partition.current.dns_suffix
    account                      = data.aws_caller_identity.current.account_id
    region                       = data.aws_region.current.region
    environment                  = var.environment
    database                     = var.database
    function_prefix              = "telemetry-${local.readable}-${substr(local.name_hash, 0, 10)}"
    worker_prefix                = "telemetry-${substr(local.readable, 0, 27)}-${substr(local.name_hash, 0, 10)}"
    retry_prefix                 = substr(local.name_hash, 0, 24)
    tick_minute                  = parseint(substr(local.tick_hash, 0, 8), 16) % 41
    tick_hours_of_day            = var.tick_hours == 1 ? "*" : join(",", local.tick_of_day)
    tick_hours                   = var.tick_hours
    secret_arn                   = var.secret_arn
    secret_key_arn               = var.secret_key_arn == null ? "" : var.secret_key_arn
    administrator_secret_arn     = var.configure == null ? "" : var.configure.secret_arn
    administrator_secret_key_arn = try(coalesce(var.configure.secret_key_arn), "")
    record_bucket                = var.record == null ? "" : var.record.bucket
    record_prefix                = try("${coalesce(var.record.prefix)}/", "")
    record_key_arn               = try(coalesce(var.record.key_arn), "")
    alarm_topic_arn              = var.alarm_topic_arn == null ? "" : var.alarm_topic_arn
  }

  # In a network without a way out one function reaches the database for the others.
  has_worker = try(var.network.egress, "vpc") == "none"
  purposes = concat(
    ["send-report", "get-report"],
    var.configure == null ? [] : ["configure"],
    local.has_worker ? ["database-worker"] : [],
  )

  functions = {
    for purpose, settings in jsondecode(templatefile("${var.archives}/functions.json", local.placeholders)) :
    purpose => settings if contains(local.purposes, purpose)
  }
  schedules = jsondecode(templatefile("${var.archives}/schedules.json", local.placeholders))
  queues    = jsondecode(templatefile("${var.archives}/queues.json", local.placeholders))
  queries   = jsondecode(templatefile("${var.archives}/queries.json", local.placeholders))
  # Without the alarm of the report on the fleet, which this example does not deploy.
  alarms = {
    for name, alarm in jsondecode(templatefile("${var.archives}/alarms.json", local.placeholders)) :
    name => alarm if name != "missing-fleet-report"
  }

  permissions_boundary = var.permissions_boundary == null ? null : "arn:${local.placeholders.partition}:iam::${local.placeholders.account}:policy/${var.permissions_boundary}"
}
