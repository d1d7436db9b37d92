//! All orders in which the steps of several jobs can follow each other.

/// `steps[job]` is how many steps a job has; its own steps keep their order.
pub(crate) fn orders(steps: &[usize]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    go(&mut steps.to_vec(), &mut Vec::new(), &mut found);
    found
}

fn go(left: &mut [usize], so_far: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    if left.iter().all(|left| *left == 0) {
        found.push(so_far.clone());
        return;
    }
    for job in 0..left.len() {
        if left[job] > 0 {
            left[job] -= 1;
            so_far.push(job);
            go(left, so_far, found);
            so_far.pop();
            left[job] += 1;
        }
    }
}
