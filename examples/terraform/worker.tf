# Reaches the database for the other functions, in a network without a way out. It has no variables, and no permission but for its log
# and its network interface.
resource "aws_lambda_function" "worker" {
  for_each = { for purpose, settings in local.functions : purpose => settings if purpose == "database-worker" }

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

  logging_config {
    log_format            = each.value.Function.LoggingConfig.LogFormat
    application_log_level = var.log_level
    log_group             = each.value.Function.LoggingConfig.LogGroup
  }

  vpc_config {
    subnet_ids         = var.network.subnet_ids
    security_group_ids = local.security_groups
  }

  # Lambda checks the permissions for a VPC when it creates the function.
  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}
