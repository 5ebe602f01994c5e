output "functions" {
  description = "Names of the functions by purpose."
  value       = { for purpose, one in merge(aws_lambda_function.function, aws_lambda_function.worker) : purpose => one.function_name }
}

output "security_group_id" {
  description = "The security group to allow in that of the database; null if none was created."
  value       = one(aws_security_group.functions[*].id)
}
