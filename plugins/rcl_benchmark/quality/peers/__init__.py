"""The methods of the comparison: each turns an input into a result that lies on the truth."""
