"""How devices speak: native messages, The Things Stack v3 and ChirpStack v4, in lists or one by one."""
