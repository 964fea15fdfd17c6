"""Networks that write a text's labels one after the other: SGM, SGM+GE and Seq2Set."""
