variable "archives" {
  description = "Folder with the archives of a release and their SHA256SUMS."
  type        = string

  validation {
    condition     = fileexists("${var.archives}/SHA256SUMS")
    error_message = "The folder must contain SHA256SUMS and the files that it lists."
  }
}

variable "environment" {
  description = "Name in the names of all resources, in log lines and in metrics. One for each database that is deployed with this example."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,23}$", var.environment)) && !can(regex("-[0-9]+$", var.environment))
    error_message = "Use 1 to 24 lower-case letters, digits and hyphens, with a letter first, and without a hyphen and a number at the end."
  }
}

variable "database" {
  description = "Name of the database in log lines, in metrics, and in the names of the schedule and the functions."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", var.database))
    error_message = "Use 1 to 63 letters, digits, dots, hyphens and underscores, the first a letter or digit."
  }
}

variable "secret_arn" {
  description = "Complete ARN of the secret with the login of the reporting role, in the same account and region."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6}$", var.secret_arn))
    error_message = "Use the complete ARN of a secret, with the six characters that Secrets Manager adds. Never write the value of a secret here."
  }
}

variable "secret_key_arn" {
  description = "ARN of the customer-managed KMS key of the secret; null for AWS's own key."
  type        = string
  default     = null

  validation {
    condition     = var.secret_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.secret_key_arn))
    error_message = "Use the ARN of a key. IAM policies accept no alias."
  }
}

variable "configure" {
  description = "Secret of an administrator, for the function configure; null does not deploy it."
  type = object({
    secret_arn     = string
    secret_key_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.configure == null || try(var.configure.secret_arn != var.secret_arn, false)
    error_message = "Use a secret of its own: configure needs an administrator's login, and reporting must not have one."
  }
  validation {
    condition     = var.configure == null || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6}$", var.configure.secret_arn))
    error_message = "Use the complete ARN of an administrator's secret, with the six characters that Secrets Manager adds."
  }
  validation {
    condition     = try(var.configure.secret_key_arn, null) == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.configure.secret_key_arn))
    error_message = "Use the ARN of the key of the administrator's secret. IAM policies accept no alias."
  }
}

variable "target" {
  description = "Further keys of TARGET, as docs/environment.md describes them. A private certificate authority is the key ca of the secret."
  type = object({
    host           = optional(string)
    port           = optional(number)
    database       = optional(string)
    levelWhenUnset = optional(string)
    reportSource   = optional(string)
    sizes          = optional(string)
    tls = optional(object({
      mode       = optional(string, "verify-full")
      serverName = optional(string)
    }), {})
  })
  default = {}

  validation {
    condition     = contains(["verify-full", "verify-ca"], var.target.tls.mode)
    error_message = "Use the mode verify-full or verify-ca. For a connection without TLS use the CDK construct, which asks for a confirmation."
  }
  validation {
    condition     = var.target.levelWhenUnset == null || contains(["off", "no_functions", "basic"], coalesce(var.target.levelWhenUnset, "off"))
    error_message = "Use the level off, no_functions or basic."
  }
}

variable "delivery" {
  description = "Keys of DELIVERY: endpoint, or latestVersion and versionCheckWhenOff, which send nothing. Without keys reports go to TimescaleDB."
  type = object({
    endpoint            = optional(string)
    latestVersion       = optional(string)
    versionCheckWhenOff = optional(bool)
  })
  default = {}

  validation {
    condition     = var.delivery.endpoint == null || (startswith(coalesce(var.delivery.endpoint, "-"), "https://") && var.delivery.latestVersion == null)
    error_message = "Use an https:// URL as the endpoint, without latestVersion: the one sends reports, the other sends nothing."
  }
}

variable "proxy" {
  description = "URL of a proxy for the report, without credentials; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.proxy == null || can(regex("^https?://[^/@?#]+/?$", var.proxy))
    error_message = "Use an http:// or https:// URL without credentials and path."
  }
}

variable "do_not_track" {
  description = "Denies consent, whatever the settings of the database are."
  type        = bool
  default     = false
}

variable "tick_hours" {
  description = "Hours between two runs."
  type        = number
  default     = 24

  validation {
    condition     = contains([1, 2, 3, 4, 6, 8, 12, 24], var.tick_hours)
    error_message = "Use 1, 2, 3, 4, 6, 8, 12 or 24."
  }
}

variable "network" {
  description = "VPC of the functions; null for none. Either vpc_id, in which a security group is created, or security_group_ids. With the egress none only database-worker is in the VPC, and the others are outside and invoke it."
  type = object({
    subnet_ids         = list(string)
    vpc_id             = optional(string)
    security_group_ids = optional(list(string))
    database_ports     = optional(list(number), [5432])
    egress             = optional(string, "vpc")
  })
  default = null

  validation {
    condition     = var.network == null || try((var.network.vpc_id == null) != (var.network.security_group_ids == null), false)
    error_message = "Set either vpc_id or security_group_ids."
  }
  validation {
    condition     = contains(["vpc", "none"], try(var.network.egress, "vpc"))
    error_message = "Use the egress vpc or none."
  }
}

variable "record" {
  description = "Bucket of yours for the record of the runs, in the same account and region; null writes none."
  type = object({
    bucket  = string
    prefix  = optional(string)
    key_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.record == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.record.bucket))
    error_message = "Use the name of a bucket."
  }
  validation {
    condition     = try(var.record.prefix, null) == null || can(regex("^[A-Za-z0-9][A-Za-z0-9_.=-]*(/[A-Za-z0-9][A-Za-z0-9_.=-]*)*$", var.record.prefix))
    error_message = "Use a folder such as a/b, without a slash at its end, and with letters, digits and _.=- only."
  }
  validation {
    condition     = try(var.record.key_arn, null) == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.record.key_arn))
    error_message = "Use the ARN of the key of the bucket. IAM policies accept no alias."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic for the alarms; null for alarms without notification."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "Name of the managed policy that limits every role; null for none."
  type        = string
  default     = "timescaledb-telemetry-boundary"
}

variable "log_retention_days" {
  description = "Days for which the logs are kept."
  type        = number
  default     = 400
}

variable "log_level" {
  description = "INFO, or DEBUG, which also logs errors as PostgreSQL, Node and AWS word them."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["INFO", "DEBUG"], var.log_level)
    error_message = "Use INFO or DEBUG."
  }
}
