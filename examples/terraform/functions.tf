locals {
  target = merge(
    {
      name        = var.database
      environment = var.environment
      tickHours   = var.tick_hours
      tls         = { for key, value in var.target.tls : key => value if value != null }
    },
    { for key, value in var.target : key => value if key != "tls" && value != null },
  )

  # What only some functions have. Variables without a value are left out.
  more_variables = {
    send-report = {
      DELIVERY           = jsonencode({ for key, value in var.delivery : key => value if value != null })
      RECORD             = var.record == null ? null : jsonencode({ for key, value in var.record : key => value if key != "key_arn" && value != null })
      HTTPS_PROXY        = var.proxy
      NODE_USE_ENV_PROXY = var.proxy == null ? null : "1"
      DO_NOT_TRACK       = var.do_not_track ? "1" : null
    }
    get-report = { DO_NOT_TRACK = var.do_not_track ? "1" : null }
    configure  = {}
  }

  # Leaves the other functions without a worker if there is none.
  worker_variable = {
    WORKER = local.has_worker ? jsonencode({ functionArn = "arn:${local.placeholders.partition}:lambda:${local.placeholders.region}:${local.placeholders.account}:function:${local.functions["database-worker"].Function.FunctionName}" }) : null
  }

  variables = {
    for purpose, settings in local.functions : purpose => {
      for name, value in merge(
        settings.Function.Environment.Variables,
        { TARGET = jsonencode(merge(local.target, { secretId = jsondecode(settings.Function.Environment.Variables.TARGET).secretId })) },
        local.more_variables[purpose],
        local.worker_variable,
      ) : name => value if value != null
    } if purpose != "database-worker"
  }

  # The optional permissions of each function, by the ends of their files' names.
  conditions = {
    for purpose, settings in local.functions : purpose => compact([
      (purpose == "configure" ? local.placeholders.administrator_secret_key_arn : local.placeholders.secret_key_arn) == "" ? "" : "-secret-key",
      var.network == null || local.has_worker ? "" : "-network",
      local.has_worker ? "-worker" : "",
      var.record == null ? "" : "-record",
      local.placeholders.record_key_arn == "" ? "" : "-record-key",
    ])
  }

  # The policies of each role, by the names of their files.
  policies = merge([
    for purpose, conditions in local.conditions : {
      for condition in concat([""], conditions) : "policy-${purpose}${condition}" => purpose
      if fileexists("${var.archives}/policy-${purpose}${condition}.json")
    }
  ]...)
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = each.value.LogGroup.LogGroupName
  retention_in_days = var.log_retention_days
  # The logs record what was sent: they remain when everything else is destroyed.
  skip_destroy = true
  tags         = local.tags
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name_prefix          = "telemetry-${each.key}-"
  path                 = each.value.Role.Path
  description          = each.value.Role.Description
  permissions_boundary = local.permissions_boundary
  assume_role_policy   = file("${var.archives}/trust-lambda.json")
  tags                 = local.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.policies

  name   = each.key
  role   = aws_iam_role.function[each.value].name
  policy = templatefile("${var.archives}/${each.key}.json", local.placeholders)
}

resource "aws_lambda_function" "function" {
  for_each = { for purpose, settings in local.functions : purpose => settings if purpose != "database-worker" }

  function_name    = each.value.Function.FunctionName
  description      = each.value.Function.Description
  filename         = "${var.archives}/${each.value.Archive}"
  source_code_hash = filebase64sha256("${var.archives}/${each.value.Archive}")
  handler          = each.value.Function.Handler
  runtime          = each.value.Function.Runtime
  architectures    = each.value.Function.Architectures
  memory_size      = each.value.Function.MemorySize
  timeout          = each.value.Function.Timeout
  role             = aws_iam_role.function[each.key].arn
  tags             = local.tags

  environment {
    variables = local.variables[each.key]
  }

  logging_config {
    log_format            = each.value.Function.LoggingConfig.LogFormat
    application_log_level = var.log_level
    log_group             = each.value.Function.LoggingConfig.LogGroup
  }

  dynamic "vpc_config" {
    for_each = var.network == null || local.has_worker ? [] : [var.network]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = local.egress_security_groups
    }
  }

  # Lambda checks the permissions for a VPC when it creates the function. The worker exists before a function refers to it.
  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function, aws_lambda_function.worker]
}

resource "aws_lambda_function_event_invoke_config" "function" {
  for_each = local.functions

  function_name                = each.value.Function.FunctionName
  qualifier                    = each.value.EventInvokeConfig.Qualifier
  maximum_retry_attempts       = each.value.EventInvokeConfig.MaximumRetryAttempts
  maximum_event_age_in_seconds = each.value.EventInvokeConfig.MaximumEventAgeInSeconds

  dynamic "destination_config" {
    for_each = can(each.value.EventInvokeConfig.DestinationConfig) ? [each.value.EventInvokeConfig.DestinationConfig] : []

    content {
      on_failure {
        destination = destination_config.value.OnFailure.Destination
      }
    }
  }

  # Lambda checks that the role may send to the queue.
  depends_on = [aws_lambda_function.function, aws_lambda_function.worker, aws_sqs_queue.queue]
}
