resource "aws_cloudwatch_metric_alarm" "alarm" {
  for_each = local.alarms

  alarm_name        = each.value.AlarmName
  alarm_description = each.value.AlarmDescription
  namespace         = each.value.Namespace
  metric_name       = each.value.MetricName
  dimensions        = { for dimension in each.value.Dimensions : dimension.Name => dimension.Value }
  statistic         = each.value.Statistic
  # The archives have the default of a day between two runs.
  period              = each.key == "missing-runs" ? var.tick_hours * 3600 : each.value.Period
  evaluation_periods  = each.value.EvaluationPeriods
  datapoints_to_alarm = try(each.value.DatapointsToAlarm, null)
  threshold           = each.value.Threshold
  comparison_operator = each.value.ComparisonOperator
  treat_missing_data  = each.value.TreatMissingData
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

locals {
  alarm_actions = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
  # Queries of the archives also search the log of database-worker.
  log_groups = [for purpose, settings in local.functions : settings.LogGroup.LogGroupName]
}

resource "aws_cloudwatch_query_definition" "query" {
  for_each = { for query in local.queries : query.Name => query }

  name            = each.value.Name
  query_string    = each.value.QueryString
  log_group_names = [for name in each.value.LogGroupNames : name if contains(local.log_groups, name)]

  depends_on = [aws_cloudwatch_log_group.function]
}
