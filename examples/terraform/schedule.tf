resource "aws_sqs_queue" "queue" {
  for_each = local.queues

  name                      = each.value.Queue.QueueName
  message_retention_seconds = each.value.Queue.MessageRetentionPeriod
  sqs_managed_sse_enabled   = each.value.Queue.SqsManagedSseEnabled
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "queue" {
  for_each = local.queues

  queue_url = aws_sqs_queue.queue[each.key].url
  policy    = jsonencode(each.value.Policy)
}

resource "aws_scheduler_schedule_group" "schedules" {
  name = local.schedules.Group.Name
  tags = local.tags
}

resource "aws_iam_role" "scheduler" {
  name                 = local.schedules.send-report.Role.RoleName
  path                 = local.schedules.send-report.Role.Path
  description          = local.schedules.send-report.Role.Description
  permissions_boundary = local.permissions_boundary
  assume_role_policy   = templatefile("${var.archives}/trust-scheduler.json", local.placeholders)
  tags                 = local.tags
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "policy-scheduler"
  role   = aws_iam_role.scheduler.name
  policy = templatefile("${var.archives}/policy-scheduler.json", local.placeholders)
}

locals {
  tick = local.schedules.send-report.Schedule
}

resource "aws_scheduler_schedule" "tick" {
  name                         = local.tick.Name
  group_name                   = aws_scheduler_schedule_group.schedules.name
  description                  = local.tick.Description
  schedule_expression          = local.tick.ScheduleExpression
  schedule_expression_timezone = local.tick.ScheduleExpressionTimezone

  flexible_time_window {
    mode                      = local.tick.FlexibleTimeWindow.Mode
    maximum_window_in_minutes = local.tick.FlexibleTimeWindow.MaximumWindowInMinutes
  }

  target {
    arn      = local.tick.Target.Arn
    role_arn = aws_iam_role.scheduler.arn
    input    = local.tick.Target.Input

    retry_policy {
      maximum_retry_attempts       = local.tick.Target.RetryPolicy.MaximumRetryAttempts
      maximum_event_age_in_seconds = local.tick.Target.RetryPolicy.MaximumEventAgeInSeconds
    }

    dead_letter_config {
      arn = local.tick.Target.DeadLetterConfig.Arn
    }
  }

  depends_on = [aws_lambda_function.function, aws_iam_role_policy.scheduler]
}
