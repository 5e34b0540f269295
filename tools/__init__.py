"""Programs that build, install and judge the project; none of them is part of the product."""
