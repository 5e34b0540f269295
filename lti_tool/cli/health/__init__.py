"""How an installation is: facts from the database and the disks, as /metrics shows them and as `dangke doctor` judges them."""
