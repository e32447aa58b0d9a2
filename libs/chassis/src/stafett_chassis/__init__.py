"""What every service needs at run time and none should write twice."""
